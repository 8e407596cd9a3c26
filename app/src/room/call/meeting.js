// A call among several: the page's connection to the server's forwarding unit, the microphone, the
// camera, and whose sound and picture goes where.
//
// The page offers a stream of each kind to send, and to receive as many as there may be others; nothing is
// negotiated later. Each packet names by its contributing source (CSRC) whose it is.

/** How many others there may be, as the server has it. */
const OTHERS = 7;
/** How often one says that one is there, in milliseconds. */
const SIGN_OF_LIFE = 4_000;
/** How often it is looked who is in which stream, in milliseconds. */
const LOOK = 300;
/** How long a connection may be disturbed before it is made anew, in milliseconds. */
const DISTURBED = 2_000;
/** Within what time the room notices that the server has stopped, in milliseconds. */
const NOTICED = 2_000;
/** How long to wait before the next try, in milliseconds; it doubles up to the last. */
const WAITS = [300, 5_000];
/** From what level on somebody is shown to speak. */
const LOUD = 0.02;
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PICTURE = { width: 320, height: 240, frameRate: 15 };
/** How many bits a second a picture may take, in a call of few and of many. */
const BITS = { few: 600_000, many: 250_000 };

/** Connects this page to a call, for as long as its element is in the page. */
export function join(group, invitation, me, hasPictures, section) {
  const path = `/api/v1/groups/${group}/invitations/${invitation}`;
  const call = { path, me, hasPictures, section, failures: 0, isBlocked: false };
  section.addEventListener("click", ({ target }) => press(call, target.closest("button")?.dataset.does));
  addEventListener("online", (call.online = () => again(call, true)));
  addEventListener("pagehide", (call.goes = () => hangUp(call)));
  call.life = setInterval(() => post(`${path}/keepAlive`), SIGN_OF_LIFE);
  call.looks = setInterval(() => look(call), LOOK);
  begin(call);
}

async function begin(call) {
  await open(call);
  connect(call);
}

/** Opens the microphone and the camera; without a camera there is sound, without both one listens. */
async function open(call) {
  const devices = navigator.mediaDevices;
  const wishes = call.hasPictures ? [{ audio: SOUND, video: PICTURE }, { audio: SOUND }] : [{ audio: SOUND }];
  for (const wish of wishes) {
    if (call.own || !devices || isOver(call)) break;
    call.own = await devices.getUserMedia(wish).catch(() => undefined);
  }
  if (call.own && isOver(call)) close(call);
  for (const it of call.own?.getTracks() ?? []) it.enabled = !isOff(call, it.kind);
  call.line?.senders.forEach((sender, kind) => sender.replaceTrack(track(call, kind ? "video" : "audio")).catch(() => {}));
  say(call, "no-device", !call.own);
  show(call);
}

async function connect(call) {
  if (call.line || isOver(call)) return;
  const connection = new RTCPeerConnection();
  const line = { connection };
  call.line = line;
  connection.onconnectionstatechange = () => judge(call, line);
  const kinds = call.hasPictures ? ["audio", "video"] : ["audio"];
  line.senders = kinds.map((kind) => offer(connection, kind, "sendonly").sender);
  line.streams = Array.from({ length: OTHERS }, () => receive(call, connection, kinds));
  try {
    await Promise.all(line.senders.map((sender, kind) => sender.replaceTrack(track(call, kinds[kind]))));
    await connection.setLocalDescription();
    const response = await fetch(`${call.path}/media`, {
      method: "POST",
      headers: { "content-type": "application/sdp" },
      body: connection.localDescription.sdp,
    });
    const location = response.headers.get("location");
    if (call.line !== line) {
      // Nobody waits for it any more.
      if (location) fetch(location, { method: "DELETE", keepalive: true }).catch(() => {});
      return;
    }
    if (response.status !== 201) throw new Error(`The server has answered ${response.status}.`);
    line.session = location;
    await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
    line.senders[0].transport?.addEventListener("statechange", () => judge(call, line));
    await limit(call);
  } catch {
    if (call.line === line) again(call);
  }
}

/** Offers to receive somebody. What comes is played at once: before that a browser does not tell whose it is. */
function receive(call, connection, kinds) {
  const receivers = kinds.map((kind) => offer(connection, kind, "recvonly").receiver);
  const [sound, picture] = receivers;
  const audio = document.createElement("audio");
  audio.srcObject = new MediaStream([sound.track]);
  audio.onpause = () => call.line?.connection === connection && play(call, audio);
  play(call, audio);
  const video = picture && screen(new MediaStream([picture.track]));
  return { receivers, audio, video };
}

/** Offers a stream; of pictures those alone that every browser knows, for an offer of all codecs, eight
 * times over, is long. */
function offer(connection, kind, direction) {
  const transceiver = connection.addTransceiver(kind, { direction });
  if (kind === "video" && transceiver.setCodecPreferences) {
    const { codecs } = RTCRtpReceiver.getCapabilities("video");
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType)));
  }
  return transceiver;
}

/** What shows a picture, and is silent. */
function screen(stream) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  video.play().catch(() => {});
  return video;
}

const track = (call, kind) => call.own?.getTracks().find((it) => it.kind === kind && it.enabled) ?? null;

/** Has a picture take no more than there is for it. */
async function limit(call) {
  const sender = call.line?.senders[1];
  if (!sender) return;
  const parameters = sender.getParameters();
  const most = call.section.querySelectorAll("[data-who]").length <= 4 ? BITS.few : BITS.many;
  if (!parameters.encodings?.length || parameters.encodings[0].maxBitrate === most) return;
  parameters.encodings[0].maxBitrate = most;
  await sender.setParameters(parameters).catch(() => {});
}

function judge(call, line) {
  if (call.line !== line) return;
  const { connectionState } = line.connection;
  clearTimeout(line.disturbed);
  if (connectionState === "connected") {
    call.failures = 0;
    say(call, "lost", false);
  }
  if (line.senders[0].transport?.state === "closed") whyClosed(call, line);
  else if (connectionState === "failed") again(call);
  else if (connectionState === "disconnected") line.disturbed = setTimeout(() => again(call), DISTURBED);
}

/** The server has ended the connection in order: because it stops, which the room notices as well, or because
 * another page of the member's has taken the call over. */
function whyClosed(call, line) {
  if (line.isClosed) return;
  line.isClosed = true;
  const until = performance.now() + NOTICED;
  const wait = setInterval(() => {
    const isLive = document.querySelector(".room")?.dataset.connection === "live";
    if (isLive && performance.now() < until) return;
    clearInterval(wait);
    if (call.line !== line || isOver(call)) return;
    if (isLive) dispatchEvent(new Event("handup-moved"));
    else again(call);
  }, LOOK);
}

/** Makes the connection anew: at once, or after a while that grows. */
function again(call, isAtOnce) {
  hangUp(call);
  if (isOver(call)) return;
  clearTimeout(call.planned);
  const grown = Math.min(WAITS[0] * 2 ** call.failures, WAITS[1]);
  call.failures += 1;
  if (call.failures > 1) say(call, "lost", true);
  call.planned = setTimeout(() => connect(call), isAtOnce ? 0 : grown * (0.5 + Math.random() / 2));
}

function hangUp(call) {
  const { line } = call;
  call.line = undefined;
  if (!line) return;
  clearTimeout(line.disturbed);
  line.connection.close();
  if (line.session) fetch(line.session, { method: "DELETE", keepalive: true }).catch(() => {});
}

const isOver = (call) => !call.section.isConnected;

/** Ends everything once the call's element has gone. */
function end(call) {
  clearInterval(call.life);
  clearInterval(call.looks);
  clearTimeout(call.planned);
  removeEventListener("online", call.online);
  removeEventListener("pagehide", call.goes);
  hangUp(call);
  close(call);
}

function close(call) {
  for (const it of call.own?.getTracks() ?? []) it.stop();
  call.own = undefined;
}

/** Puts everybody's picture into their place, and shows who speaks. */
function look(call) {
  if (isOver(call)) {
    end(call);
    return;
  }
  limit(call);
  const places = new Map();
  for (const place of call.section.querySelectorAll("[data-who]")) {
    places.set(parseInt(place.dataset.who.slice(-8), 16), place);
    if (place.dataset.who === call.me) showOwn(call, place);
  }
  for (const { receivers, video } of call.line?.streams ?? []) {
    const [sound, picture] = receivers;
    const sources = receivers.flatMap((receiver) => receiver.getContributingSources());
    const newest = sources.sort((one, other) => other.timestamp - one.timestamp)[0];
    const place = newest && places.get(newest.source);
    if (!place) continue;
    if (video) put(place, video, isRecent(picture));
    const level = Math.max(0, ...sound.getSynchronizationSources().map(({ audioLevel }) => audioLevel ?? 0));
    place.classList.toggle("loud", level > LOUD);
  }
}

/** Shows a picture in somebody's place, or none. */
function put(place, video, isShown) {
  const shown = place.querySelector("video");
  if (shown && (shown !== video || !isShown)) shown.remove();
  if (isShown && video.parentNode !== place) {
    place.prepend(video);
    // What is moved in the page stops.
    video.play().catch(() => {});
  }
}

/** Whether something has come in the last two seconds. */
function isRecent(receiver) {
  const now = performance.now();
  const times = receiver.getContributingSources().map(({ timestamp }) => timestamp);
  // Browsers count from when the page began, or from 1970.
  return times.some((at) => Math.min(Math.abs(now - at), Math.abs(performance.timeOrigin + now - at)) < 2_000);
}

function showOwn(call, place) {
  call.mirror ??= call.own && screen(call.own);
  if (call.mirror) put(place, call.mirror, Boolean(track(call, "video")));
}

async function play(call, audio) {
  try {
    await audio.play();
    call.isBlocked = false;
  } catch (error) {
    if (error.name === "NotAllowedError") call.isBlocked = true;
  }
  show(call);
}

function press(call, does) {
  if (does === "hear") {
    for (const { audio } of call.line?.streams ?? []) play(call, audio);
  }
  if (does === "mute" || does === "unmute") turn(call, "audio", does === "unmute");
  if (does === "camera-off" || does === "camera-on") turn(call, "video", does === "camera-on");
}

/** Lets the microphone or the camera out, or not. */
function turn(call, kind, isOn) {
  for (const it of call.own?.getTracks() ?? []) if (it.kind === kind) it.enabled = isOn;
  setOff(call, kind, !isOn);
  const sender = call.line?.senders[kind === "audio" ? 0 : 1];
  sender?.replaceTrack(track(call, kind)).catch(() => {});
  show(call);
}

// What somebody has switched off stays so when the page is loaded anew.
const OFF = "handup-meeting-off";
const offOf = (call) => {
  try {
    const [path, ...kinds] = (sessionStorage.getItem(OFF) ?? "").split(" ");
    return new Set(path === call.path ? kinds : []);
  } catch {
    return new Set();
  }
};
const isOff = (call, kind) => offOf(call).has(kind);

function setOff(call, kind, isOff) {
  const kinds = offOf(call);
  if (isOff) kinds.add(kind);
  else kinds.delete(kind);
  try {
    sessionStorage.setItem(OFF, [call.path, ...kinds].join(" "));
  } catch {
    // Then it holds until the page goes.
  }
}

function show(call) {
  const has = (kind) => call.own?.getTracks().find((it) => it.kind === kind);
  const does = {
    hear: call.isBlocked,
    mute: has("audio")?.enabled,
    unmute: has("audio") && !has("audio").enabled,
    "camera-off": has("video")?.enabled,
    "camera-on": has("video") && !has("video").enabled,
  };
  for (const it of call.section.querySelectorAll("[data-does]")) it.hidden = !does[it.dataset.does];
}

function say(call, what, isSo) {
  const span = call.section.querySelector(`[data-says="${what}"]`);
  if (span) span.hidden = !isSo;
}

function post(path) {
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }).catch(() => {});
}
