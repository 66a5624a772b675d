// Socket.IO on Node with the Redis adapter, as its documentation sets it up: the peer of the benchmark.
//
// node server.mjs PORT REDIS_SOCKET
//
// A page emits `join` with the name of a room and gets an ack. `POST /publish` with `{event, data, room}` broadcasts to the room on
// every process and answers 204. Nothing else: what is measured is the library, not what one might build on it.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redisSocket] = process.argv.slice(2);
if (!port || !redisSocket) {
  process.stderr.write("usage: node server.mjs PORT REDIS_SOCKET\n");
  process.exit(2);
}

const publisher = createClient({ socket: { path: redisSocket } });
const subscriber = publisher.duplicate();
for (const client of [publisher, subscriber]) client.on("error", (error) => process.stderr.write(`redis: ${error}\n`));
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer(publish);
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: ["websocket"],
  serveClient: false,
  pingInterval: 10_000, // as in Lockstep: both pay for the same heartbeats
  pingTimeout: 5_000,
});
io.on("connection", (socket) => {
  socket.on("join", async (room, ack) => {
    await socket.join(room);
    ack({ ok: true, room });
  });
});
http.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));

/** `POST /publish {event, data, room}`; everything else is Socket.IO's or 404. */
function publish(request, response) {
  if (request.method !== "POST" || request.url !== "/publish") {
    response.writeHead(404).end();
    return;
  }
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { event, data, room } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    io.to(room).emit(event, data);
    response.writeHead(204).end();
  });
}
