// A class over Socket.IO: who emits `accept` gets an acknowledgement, the room gets the event.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { append, listenPort } from "./log.js";

const server = createServer();
// A storm is over before the next ping: the load client need not answer any.
const io = new Server(server, { transports: ["websocket"], pingInterval: 600_000 });

io.on("connection", (socket) => {
  socket.join("class");
  socket.on("accept", ({ name, invitee, data }, acknowledge) => {
    const event = append(name, invitee, data);
    io.to("class").emit(name, event);
    acknowledge({ seq: event.seq, data: data.replace("~h", "~a") });
  });
  socket.emit("welcome", "~w000000");
});

server.listen({ port: listenPort, host: "127.0.0.1", backlog: 4096 }, () => console.log("listening"));
