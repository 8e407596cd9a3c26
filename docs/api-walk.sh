#!/usr/bin/env bash
# Walks through the HTTP API as docs/API.md tells it: docs/api-walk.sh http://127.0.0.1:3000
set -euo pipefail

API="${1:?the address of a server, such as http://127.0.0.1:3000}/api/v1"
WALK=$(mktemp -d)
STREAM=
trap 'if [ -n "$STREAM" ]; then kill "$STREAM" 2>/dev/null || true; fi; rm -rf "$WALK"' EXIT

# The text of a field in the JSON that a request was answered with.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

# call TOKEN METHOD PATH [BODY [more of curl's options]]: what the API answers.
call() {
  curl -sS -X "$2" "$API$3" -H "Authorization: Bearer $1" ${4:+-d "$4"} "${@:5}"
  echo
}

echo "# Start a class"
CLASS=$(curl -sS "$API/groups" -d '{"name":"Biology 9B","teacher":"Ms Park"}')
echo "$CLASS"
GROUP=$(field groupID "$CLASS") CODE=$(field joinCode "$CLASS") PARK=$(field token "$CLASS")

echo "# Join twice"
ADA_IN=$(curl -sS "$API/join" -d '{"joinCode":"'"$CODE"'","name":"Ada"}')
NOOR_IN=$(curl -sS "$API/join" -d '{"joinCode":"'"$CODE"'","name":"Noor"}')
echo "$ADA_IN"
ADA=$(field token "$ADA_IN") ADA_ID=$(field userID "$ADA_IN")
NOOR=$(field token "$NOOR_IN")

echo "# Read the class"
SNAPSHOT=$(call "$PARK" GET "/groups/$GROUP")
echo "$SNAPSHOT"
SEQ=$(sed 's/.*"seq":\([0-9]*\),"now".*/\1/' <<<"$SNAPSHOT")

echo "# Open the stream"
curl -sSN "$API/groups/$GROUP/events?after=$SEQ" -H "Authorization: Bearer $PARK" >"$WALK/stream" &
STREAM=$!

echo "# Ask for hands"
ROUND=$(call "$PARK" POST "/groups/$GROUP/inviteInGroup" '{
  "inviteeList": "*",
  "data": "{\"operation\":\"hand_raising\",\"question\":\"Why is the sky blue?\"}",
  "timeout": 60
}' -H "Idempotency-Key: sky-1")
echo "$ROUND"
HANDS=$(field inviteID "$ROUND")

echo "# Accept: a hand goes up"
call "$ADA" POST "/groups/$GROUP/invitations/$HANDS/accept"

echo "# Decline, in words"
call "$NOOR" POST "/groups/$GROUP/invitations/$HANDS/reject" '{"data":"Not now"}'

echo "# Invite to speak"
TURN=$(call "$PARK" POST "/groups/$GROUP/inviteInGroup" '{
  "inviteeList": ["'"$ADA_ID"'"],
  "data": "{\"operation\":\"speaking\"}",
  "timeout": 0
}')
echo "$TURN"
SPEAK=$(field inviteID "$TURN")

echo "# Accept: the turn begins, and the hand comes down"
call "$ADA" POST "/groups/$GROUP/invitations/$SPEAK/accept"
call "$ADA" GET "/groups/$GROUP/invitations/$HANDS"

echo "# Finish: the turn is over"
call "$ADA" POST "/groups/$GROUP/invitations/$SPEAK/finish"

echo "# What the stream has told so far"
for _ in $(seq 50); do
  if grep -q onInviteeFinished "$WALK/stream" && grep -q '"spoke"' "$WALK/stream"; then break; fi
  sleep 0.1
done
kill "$STREAM"
wait "$STREAM" 2>/dev/null || true
STREAM=
cat "$WALK/stream"

echo "# Resume where it broke off"
SEEN=$(sed -n 's/^id: //p' "$WALK/stream" | tail -1)
call "$PARK" PATCH "/groups/$GROUP" '{"settings":{"locked":true}}'
curl -sN --max-time 1 "$API/groups/$GROUP/events" -H "Authorization: Bearer $PARK" \
  -H "Last-Event-ID: $SEEN" || test $? -eq 28 # the time is up

echo "# Too late: what is settled stays settled"
call "$NOOR" POST "/groups/$GROUP/invitations/$HANDS/accept" '' -w '%{http_code}'

echo "# End the class"
call "$PARK" POST "/groups/$GROUP/end"
call "$ADA" GET "/groups/$GROUP"
echo walked
