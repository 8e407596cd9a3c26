// Hearing the class and being heard: the page's connection to the server's forwarding unit, the microphone,
// and the bar that shows both.
//
// Nothing here decides who is heard: the room says by attributes whose turn it is, and the server
// forwards only whom its log names. A turn that begins puts the microphone's track into a connection that is
// there already; nothing is negotiated for it.

/** How many voices are heard at once, as the server has it. */
const SLOTS = 3;
/** How long a connection may be disturbed before it is made anew, in milliseconds. */
const DISTURBED = 2_000;
/** How long to wait before the next try, in milliseconds; it doubles up to the last. */
const WAITS = [300, 8_000];
/** How long somebody who speaks may be unheard before they are told, in milliseconds. */
const UNHEARD = 2_000;
/** How long a tap on Raise hand may take until the hand is up, in milliseconds. */
const RAISES_WITHIN = 10_000;
/** How long a page waits whose connection the server has ended in order, in milliseconds: another page of
 * the member's may have taken its place. */
const DISPLACED = 60_000;
/** How often levels are shown, in milliseconds. */
const LEVELS = 150;
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

let group;
let bar;
let room;
/** The connection, its state, and the address at which its session is ended. */
let line;
/** The microphone's stream while it is open. */
let microphone;
/** Whether the microphone is to be open while one may be heard. A turn that one has taken by a tap, or by a
 * hand of one's own, begins with an open one; nobody else opens it. */
let wants = false;
/** What was tapped for the turn that comes. */
let consent = {};
let trouble;
let isTesting = false;
let isBlocked = false;
let failures = 0;
let planned;
let openedAt = 0;
let lastTurn;
let wasLive = true;
let meter;
const audios = [];

/** Begins, once; later calls find it running. */
export function start(ofGroup) {
  if (bar?.isConnected) return;
  bar = document.querySelector(".voice-bar");
  room = document.querySelector(".room");
  if (!bar || !room) return;
  group = ofGroup;
  self.handup.silence = stop;
  addEventListener("click", ({ target }) => agree(target.closest?.("button[name=deed]")?.value), true);
  bar.addEventListener("click", ({ target }) => press(target.closest("button")?.dataset.does));
  bar.querySelector("select").addEventListener("change", ({ target }) => choose(target.value));
  const attributeFilter = ["data-voice", "data-turn", "data-heard", "data-connection"];
  new MutationObserver(follow).observe(room, { attributeFilter });
  addEventListener("online", () => again(true));
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", ({ persisted }) => persisted && follow());
  document.addEventListener("visibilitychange", () => {
    // Systems stop the sound of a page that was not seen, or was interrupted.
    if (document.visibilityState === "visible") {
      play();
      follow();
    }
  });
  // Any tap is the gesture that a browser waits for.
  for (const gesture of ["pointerup", "keydown"]) addEventListener(gesture, () => isBlocked && play(), true);
  setInterval(showLevels, LEVELS);
  follow();
}

const hearing = () => room.dataset.voice;
const turn = () => room.dataset.turn;
const isOver = () => ["ended", "removed", "plain"].includes(room.dataset.connection);
const chosen = () => `handup-listen-${group}`;
const speaking = () => `handup-speaks-${group}`;

/** Whether this page plays the class. */
function listens() {
  if (hearing() === "all") return kept(chosen()) !== "no";
  return turn() === "teacher" ? kept(chosen()) !== "no" : kept(chosen()) === "yes";
}

/** Whether the microphone is to be open. */
function speaks() {
  return wants && (turn() === "teacher" || turn() === "speaking");
}

/** Notes what somebody taps that lets them speak, or not. */
function agree(deed) {
  if (deed === "speak") consent.speaks = true;
  else if (deed === "unmute") wants = true;
  else if (deed === "raiseHand") {
    const own = (consent = { hand: true });
    // One that does not go up asks for nothing.
    setTimeout(() => turn() === "none" && consent === own && (consent = {}), RAISES_WITHIN);
  } else if (["lowerHand", "notNow", "pass"].includes(deed)) consent = {};
}

/** Begins a turn, or ends it, as the room says. */
function change(from, to) {
  trouble = undefined;
  if (to === "speaking" && from === undefined) wants = keptHere(speaking()) === "yes";
  else if (to === "speaking" && from !== "muted") wants = Boolean(consent.speaks || (consent.hand && from === "up"));
  else if (to !== "speaking") wants = false;
  isTesting = false;
  if (to === "none") consent = {};
  keepHere(speaking(), wants ? "yes" : "no");
}

/** Does what the room says. */
function follow() {
  // The server is there again, or it is another one.
  const isLive = room.dataset.connection === "live";
  if (isLive && !wasLive && !line?.isUp) again(true);
  wasLive = isLive;
  if (turn() !== lastTurn) {
    const before = lastTurn;
    lastTurn = turn();
    change(before, lastTurn);
  }
  if (hearing() === "off" || isOver()) {
    stop();
    return;
  }
  if (listens() || speaks()) connect();
  else hangUp();
  if (speaks() && !trouble) open();
  else {
    put(null);
    if (!isTesting) close();
  }
  // In one room a loudspeaker beside a microphone that is on howls.
  for (const audio of audios) audio.muted = !listens() || (hearing() === "teachers" && Boolean(microphone));
  show();
}

/** Ends everything. */
function stop() {
  isTesting = false;
  hangUp();
  close();
  show();
}

/** Connects, unless it is connected or on its way. */
async function connect() {
  if (line || planned || !self.RTCPeerConnection) return;
  const connection = new RTCPeerConnection();
  const own = { connection, isUp: false };
  line = own;
  connection.onconnectionstatechange = () => judge(own);
  own.sender = connection.addTransceiver("audio", { direction: "sendonly" }).sender;
  for (let slot = 0; slot < SLOTS; slot++) {
    const { receiver } = connection.addTransceiver("audio", { direction: "recvonly" });
    hear(slot, receiver.track);
  }
  try {
    await connection.setLocalDescription();
    const response = await fetch(`/api/v1/groups/${group}/voice`, {
      method: "POST",
      headers: { "content-type": "application/sdp" },
      body: connection.localDescription.sdp,
    });
    const location = response.headers.get("location");
    if (line !== own) {
      // Nobody waits for it any more.
      if (location) fetch(location, { method: "DELETE", keepalive: true }).catch(() => {});
      return;
    }
    if (response.status !== 201) {
      own.isFull = response.status === 503;
      // Voice was switched off, or one is out of the class: the room says so before long.
      throw new Error(`The server has answered ${response.status}.`);
    }
    own.session = location;
    await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
    if (line !== own) return;
    // A server that ends a session in order says so by DTLS, which the state does not show.
    own.sender.transport?.addEventListener("statechange", () => judge(own));
    if (microphone && speaks()) await put(microphone.getAudioTracks()[0]);
  } catch {
    if (line === own) again();
  }
  show();
}

/** Looks at how a connection is. */
function judge(own) {
  if (line !== own) return;
  const { connectionState } = own.connection;
  own.isUp = connectionState === "connected";
  clearTimeout(own.disturbed);
  if (own.isUp) failures = 0;
  if (own.sender.transport?.state === "closed") again(false, DISPLACED);
  else if (connectionState === "failed") again();
  else if (connectionState === "disconnected") own.disturbed = setTimeout(() => line === own && again(), DISTURBED);
  show();
}

/** Makes the connection anew: at once, or after a while that grows. */
function again(isAtOnce, longest) {
  if (isAtOnce && !line && !planned) return;
  const wasFull = line?.isFull;
  hangUp();
  clearTimeout(planned);
  const grown = Math.min(WAITS[0] * 2 ** failures, WAITS[1]);
  failures = isAtOnce ? 0 : failures + 1;
  const wait = isAtOnce ? 0 : longest ?? (wasFull ? WAITS[1] : grown * (0.5 + Math.random() / 2));
  planned = setTimeout(() => {
    planned = undefined;
    follow();
  }, wait);
  show(wasFull ? "full" : undefined);
}

function hangUp() {
  clearTimeout(planned);
  planned = undefined;
  if (!line) return;
  const { connection, session, disturbed } = line;
  line = undefined;
  clearTimeout(disturbed);
  connection.close();
  // Whoever has gone is noticed anyhow; this is sooner.
  if (session) fetch(session, { method: "DELETE", keepalive: true }).catch(() => {});
}

/** Plays what comes in a slot. */
function hear(slot, track) {
  const audio = (audios[slot] ??= document.createElement("audio"));
  audio.srcObject = new MediaStream([track]);
  audio.onpause = play;
  play();
}

/** Plays, where the browser lets a page without a gesture do so. */
async function play() {
  if (!line || !listens()) return;
  try {
    await Promise.all(audios.map((audio) => audio.play()));
    isBlocked = false;
  } catch (error) {
    // Another stream has taken its place: that one is played.
    if (error.name === "AbortError") return;
    isBlocked = error.name === "NotAllowedError";
  }
  show();
}

/** Opens the microphone and has it heard. */
async function open() {
  if (microphone) {
    if (speaks()) await put(microphone.getAudioTracks()[0]);
    return;
  }
  if (openedAt < 0) return;
  const devices = navigator.mediaDevices;
  if (!devices) {
    trouble = self.isSecureContext ? "missing" : "insecure";
    show();
    return;
  }
  openedAt = -1;
  show();
  try {
    const deviceId = kept("handup-microphone");
    const audio = deviceId ? { ...SOUND, deviceId } : SOUND;
    session("play-and-record");
    microphone = await devices.getUserMedia({ audio });
    openedAt = performance.now();
    const [track] = microphone.getAudioTracks();
    track.onended = () => {
      close();
      trouble = "missing";
      show();
    };
    await list();
    if (isTesting || speaks()) listen();
    if (speaks()) await put(track);
    // The turn was over while somebody was asked for the microphone.
    if (!speaks() && !isTesting) close();
  } catch (error) {
    openedAt = 0;
    trouble = error.name === "NotAllowedError" ? "blocked" : "missing";
  }
  follow();
}

/** Closes the microphone: its light goes out. */
function close() {
  if (openedAt > 0) openedAt = 0;
  if (!microphone) return;
  for (const track of microphone.getTracks()) {
    track.onended = null;
    track.stop();
  }
  microphone = undefined;
  put(null);
  meter?.context.close();
  meter = undefined;
  session("playback");
}

async function put(track) {
  try {
    if (line && line.sender.track !== track) await line.sender.replaceTrack(track);
  } catch {
    // The connection was closed meanwhile.
  }
}

/** Tells the system what the page does with sound, where that can be told. */
function session(type) {
  if (navigator.audioSession) navigator.audioSession.type = type;
}

/** Measures one's own level. */
function listen() {
  // Before a gesture there is none that runs.
  if (meter || !self.AudioContext || navigator.userActivation?.hasBeenActive === false) return;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(microphone).connect(analyser);
  meter = { context, analyser, samples: new Float32Array(analyser.fftSize) };
}

function ownLevel() {
  if (!meter) return 0;
  meter.analyser.getFloatTimeDomainData(meter.samples);
  return Math.min(1, 3 * Math.max(...meter.samples.map(Math.abs)));
}

/** Shows how loud it is: one's own microphone in the bar, the class beside who is heard. */
function showLevels() {
  const level = bar.querySelector("meter");
  level.hidden = !microphone;
  if (microphone) level.value = ownLevel();
  const heard = document.querySelector(".heard");
  if (heard) {
    const receivers = line?.connection.getReceivers() ?? [];
    const loudest = receivers.flatMap((receiver) => receiver.getSynchronizationSources());
    const most = Math.max(0, ...loudest.map(({ audioLevel }) => audioLevel ?? 0));
    heard.style.setProperty("--level", Math.min(1, 3 * most).toFixed(2));
  }
  const unheard = speaks() && microphone && room.dataset.heard !== "true";
  if (Boolean(unheard) !== Boolean(bar.dataset.unheard)) show();
}

/** Lists the microphones that there are. */
async function list() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const found = devices.filter(({ kind }) => kind === "audioinput");
  const select = bar.querySelector("select");
  const now = microphone?.getAudioTracks()[0].getSettings().deviceId;
  select.replaceChildren(...found.map(({ deviceId, label }) => new Option(label || "1", deviceId, false, deviceId === now)));
}

function choose(deviceId) {
  keep("handup-microphone", deviceId);
  close();
  follow();
}

function press(does) {
  if (does === "hear") play();
  if (does === "listen" || does === "stop-listening") keep(chosen(), does === "listen" ? "yes" : "no");
  if (does === "open" || does === "close") {
    trouble = undefined;
    isTesting = false;
    wants = does === "open" && (turn() === "teacher" || turn() === "speaking");
    keepHere(speaking(), wants ? "yes" : "no");
  }
  if (does === "test") {
    trouble = undefined;
    isTesting = true;
    // What the microphone hears is shown in the bar, on which the sheet lies.
    bar.querySelector("[popover]").hidePopover?.();
    open();
  }
  follow();
}

/** Shows what holds. */
function show(instead) {
  bar.hidden = hearing() === "off" || isOver();
  const may = turn() === "teacher" || turn() === "speaking";
  const isUp = Boolean(line?.isUp);
  const late = speaks() && microphone && performance.now() - openedAt > UNHEARD;
  const isUnheard = Boolean(late && room.dataset.heard !== "true");
  if (isUnheard) bar.dataset.unheard = "true";
  else delete bar.dataset.unheard;
  const says = [];
  if (!self.RTCPeerConnection) says.push("unsupported");
  else if (instead) says.push(instead);
  else if (!listens() && !speaks()) says.push("not-listening");
  else if (!isUp) says.push(failures > 0 ? "lost" : "connecting");
  else if (listens() && !isBlocked) says.push("listening");
  if (turn() === "muted") says.push("muted");
  else if (trouble) says.push(trouble);
  else if (openedAt < 0) says.push("asking");
  else if (isTesting) says.push("testing");
  else if (may) says.push(!microphone ? "off" : isUnheard ? "unheard" : "on");
  for (const span of bar.querySelectorAll("[data-says]")) span.hidden = !says.includes(span.dataset.says);
  const does = {
    hear: isBlocked && listens(),
    listen: !listens(),
    "stop-listening": listens(),
    open: may && (!speaks() || Boolean(trouble)),
    close: (may && speaks() && !trouble) || isTesting,
    test: !may && turn() !== "muted",
    unmute: turn() === "muted",
    device: Boolean(microphone) && bar.querySelectorAll("option").length > 1,
  };
  for (const it of bar.querySelectorAll("[data-does]")) it.hidden = !does[it.dataset.does];
}

const kept = (name) => read("localStorage", name);
const keep = (name, value) => write("localStorage", name, value);
const keptHere = (name) => read("sessionStorage", name);
const keepHere = (name, value) => write("sessionStorage", name, value);

function read(storage, name) {
  try {
    return self[storage].getItem(name);
  } catch {
    return null;
  }
}

function write(storage, name, value) {
  try {
    self[storage].setItem(name, value);
  } catch {
    // Then it holds until the page goes.
  }
}
