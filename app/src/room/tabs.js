// The live stream that all tabs of a browser share.
//
// Over HTTP/1.1 a browser opens six connections to a server, for all of its tabs together, and a
// live stream keeps one. So one worker, which the browser runs for all of its tabs, holds the one
// stream that a member's tabs need, and passes on to them what comes. A shared worker also works by
// plain http, which Web Locks and service workers do not.
//
// This module runs in both places. Whether a stream is dead is the page's to find out.

/** Opens a stream, and tells all that comes of it: `open`, `error`, and events with their data. */
function open({ path, after, names }, tell) {
  const source = new EventSource(`${path}after=${after}&heartbeat=event&events=tables`);
  source.onopen = () => tell("open");
  source.onerror = () => {
    source.close();
    tell("error");
  };
  for (const name of names) {
    source.addEventListener(name, ({ data, lastEventId }) => tell(name, data, lastEventId));
  }
  return source;
}

/** How long a worker may take to answer, in milliseconds. */
const PATIENCE = 3_000;

/** A page's stream, until it fails or is closed. */
export class TabStream {
  #tells;
  #close;

  /** Follows what the member is told after an event: these `names` are listened to. */
  constructor(path, member, after, names, opened, failed, heard) {
    const stream = { path, member, after, names };
    this.#tells = (name, data) => {
      if (name === "open") opened();
      else if (name === "error") failed();
      else heard(name, data);
    };
    // Without a network there may still be a server on this machine; a worker is not needed for it.
    if ("SharedWorker" in self && navigator.onLine) this.#share(stream);
    else this.#openAlone(stream);
  }

  close() {
    this.#tells = () => {};
    this.#close();
  }

  #openAlone(stream) {
    const source = open(stream, (name, data) => this.#tells(name, data));
    this.#close = () => source.close();
  }

  #share(stream) {
    let worker;
    try {
      worker = new SharedWorker(import.meta.url, { type: "module" });
    } catch {
      // A browser may forbid it where it forbids storage.
      this.#openAlone(stream);
      return;
    }
    const { port } = worker;
    const goAlone = () => {
      leave();
      this.#openAlone(stream);
    };
    // A browser does not always tell that it could not load a worker.
    const patience = setTimeout(goAlone, PATIENCE);
    const leave = () => {
      clearTimeout(patience);
      removeEventListener("pagehide", leave);
      worker.onerror = null;
      port.postMessage(null);
      port.close();
    };
    this.#close = leave;
    worker.onerror = goAlone;
    port.onmessage = ({ data }) => {
      clearTimeout(patience);
      if (data) this.#tells(...data);
    };
    // Newer browsers tell when the worker has gone.
    port.onclose = () => this.#tells("error");
    addEventListener("pagehide", leave);
    port.postMessage(stream);
  }
}

/** The streams of one member. `now` is told to the pages of its `ports`; what is `next` takes its
 * place, with them, when it opens. */
class Shared {
  now = null;
  next = null;

  /** Opens a stream for one more page, which all go on with: each has seen what comes before it. */
  add(port, stream) {
    const { now, next } = this;
    next?.source.close();
    const after = Math.min(stream.after, now?.after ?? Infinity, next?.after ?? Infinity);
    const opening = { after, ports: new Set(next?.ports).add(port) };
    this.next = opening;
    opening.source = open({ ...stream, after }, (name, data, id) => {
      if (name === "open") this.#goOnWith(opening);
      if (id) opening.after = Number(id);
      if (name === "error") this.#forget(opening);
      for (const port of opening.ports) port.postMessage([name, data]);
    });
  }

  remove(port) {
    for (const stream of [this.now, this.next]) {
      stream?.ports.delete(port);
      if (stream?.ports.size === 0) {
        stream.source.close();
        this.#forget(stream);
      }
    }
  }

  #goOnWith(opening) {
    this.now?.source.close();
    for (const port of this.now?.ports ?? []) opening.ports.add(port);
    this.now = opening;
    this.next = null;
  }

  #forget(stream) {
    if (this.now === stream) this.now = null;
    if (this.next === stream) this.next = null;
  }
}

if ("SharedWorkerGlobalScope" in self) {
  const members = new Map();
  self.onconnect = ({ ports: [port] }) => {
    let shared;
    const leave = () => {
      shared?.remove(port);
      shared = undefined;
    };
    port.postMessage(null);
    port.onmessage = ({ data: stream }) => {
      leave();
      if (!stream) return;
      const key = `${stream.path} ${stream.member}`;
      shared = members.get(key) ?? new Shared();
      members.set(key, shared);
      shared.add(port, stream);
    };
    // Newer browsers tell when a page has gone without a word.
    port.onclose = leave;
  };
}
