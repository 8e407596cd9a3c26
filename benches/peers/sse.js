// A class over better-sse: a POST accepts, a channel broadcasts. `batched` gathers what one turn of
// the event loop brings into one transaction.
import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";
import { append, appendAll, listenPort } from "./log.js";

const batched = process.argv[4] === "batched";
const channel = createChannel();
let waiting = [];

const publish = (entry, event) => {
  channel.broadcast(event, entry.name, { eventId: String(event.seq) });
  entry.response.writeHead(200, { "content-type": "application/json" });
  entry.response.end(JSON.stringify({ seq: event.seq }));
};

const flush = () => {
  const entries = waiting;
  waiting = [];
  const events = appendAll(entries);
  entries.forEach((entry, place) => publish(entry, events[place]));
};

const accept = (entry) => {
  if (!batched) {
    publish(entry, append(entry.name, entry.invitee, entry.data));
    return;
  }
  waiting.push(entry);
  if (waiting.length === 1) {
    setImmediate(flush);
  }
};

const server = createServer(async (request, response) => {
  if (request.method === "GET") {
    const session = await createSession(request, response);
    channel.register(session);
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  for await (const part of request) {
    body += part;
  }
  const { name, invitee, data } = JSON.parse(body);
  accept({ name, invitee, data, response });
});

server.keepAliveTimeout = 0;
server.listen({ port: listenPort, host: "127.0.0.1", backlog: 4096 }, () => console.log("listening"));
