#!/usr/bin/env bash
# Walks through the HTTP API as docs/API.md tells it: docs/api-walk.sh http://127.0.0.1:3000
set -euo pipefail

API="${1:?the address of a server, such as http://127.0.0.1:3000}/api/v1"

# curl says nothing but the answer, and ends it with a new line.
WALK=$(mktemp -d)
printf 'silent\nshow-error\nwrite-out = "\\n"\n' >"$WALK/.curlrc"
export CURL_HOME=$WALK
STREAM=
trap 'if [ -n "$STREAM" ]; then kill "$STREAM" || true; fi; rm -rf "$WALK"' EXIT

# The text of a field in the JSON on one line.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"; }
say() { printf '\n== %s\n' "$1"; }

say "Start a class"
CLASS=$(curl "$API/groups" -d '{"name":"Biology 9B","teacher":"Ms Park"}')
echo "$CLASS"
G="$API/groups/$(field groupID "$CLASS")"
CODE=$(field joinCode "$CLASS")
PARK="Authorization: Bearer $(field token "$CLASS")"

say "Join twice"
JOINED=$(curl "$API/join" -d "{\"joinCode\":\"$CODE\",\"name\":\"Ada\"}")
echo "$JOINED"
ADA="Authorization: Bearer $(field token "$JOINED")"
ADA_ID=$(field userID "$JOINED")
JOINED=$(curl "$API/join" -d "{\"joinCode\":\"$CODE\",\"name\":\"Noor\"}")
NOOR="Authorization: Bearer $(field token "$JOINED")"

say "Open the stream, from the snapshot on"
SNAPSHOT=$(curl "$G" -H "$PARK")
echo "$SNAPSHOT"
SEQ=$(sed 's/.*"seq":\([0-9]*\),"now".*/\1/' <<<"$SNAPSHOT")
curl -N "$G/events?after=$SEQ" -H "$PARK" >"$WALK/stream" &
STREAM=$!

say "Ask for hands"
ROUND=$(curl "$G/inviteInGroup" -H "$PARK" -H "Idempotency-Key: sky-1" -d '{
  "inviteeList": "*",
  "data": "{\"operation\":\"hand_raising\",\"question\":\"Why is the sky blue?\"}",
  "timeout": 60
}')
echo "$ROUND"
HANDS="$G/invitations/$(field inviteID "$ROUND")"

say "Accept: a hand goes up. Noor declines, and says so in data"
curl -X POST "$HANDS/accept" -H "$ADA"
curl -X POST "$HANDS/reject" -H "$NOOR" -d '{"data":"Not now"}'

say "Invite to speak, and accept: the turn begins"
TURN=$(curl "$G/inviteInGroup" -H "$PARK" -d '{
  "inviteeList": ["'"$ADA_ID"'"],
  "data": "{\"operation\":\"speaking\"}",
  "timeout": 0
}')
SPEAK="$G/invitations/$(field inviteID "$TURN")"
curl -X POST "$SPEAK/accept" -H "$ADA"

say "The hand came down in the same commit"
curl "$HANDS" -H "$ADA"

say "Finish: the turn is over"
curl -X POST "$SPEAK/finish" -H "$ADA"

say "What the stream has told"
for _ in $(seq 50); do
  if grep -q '"reason":"spoke"' "$WALK/stream"; then break; fi
  sleep 0.1
done
grep -q '"reason":"spoke"' "$WALK/stream"
kill "$STREAM"
wait "$STREAM" 2>"$WALK/killed" || true
STREAM=
cat "$WALK/stream"

say "Something happens meanwhile"
curl -X PATCH "$G" -H "$PARK" -d '{"settings":{"locked":true}}'

say "Resume where the stream broke off"
SEEN=$(sed -n 's/^id: //p' "$WALK/stream" | tail -n 1)
curl -N --max-time 1 "$G/events" -H "$PARK" -H "Last-Event-ID: $SEEN" 2>"$WALK/cut" || test $? = 28

say "An error: what is settled stays settled"
curl -i -X POST "$HANDS/accept" -H "$NOOR"

say "End the class"
curl -X POST "$G/end" -H "$PARK"
curl "$G" -H "$ADA"

echo walked
