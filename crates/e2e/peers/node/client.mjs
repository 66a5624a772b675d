// A client that is not ours: socket.io-client as anybody installs it.
//
// node client.mjs URL COOKIE TRANSPORTS ROOM
//
// Joins the room, prints `joined {ack}`, then `event {…}` for the first change, and ends.
import { io } from "socket.io-client";

const [url, cookie, transports, room] = process.argv.slice(2);
const socket = io(url, { transports: transports.split(","), extraHeaders: { cookie }, reconnection: false });
const upgraded = new Promise((resolve) => socket.io.engine.once("upgrade", resolve));

socket.on("connect_error", (error) => fail(`connect_error ${error.message}`));
socket.on("disconnect", (reason) => fail(`disconnect ${reason}`));
socket.on("connect", async () => {
  if (transports === "polling,websocket") await upgraded;
  const ack = await socket.timeout(10_000).emitWithAck("sync:join", { room });
  process.stdout.write(`joined ${JSON.stringify(ack)}\n`);
});
socket.on(`${room}:changed`, (event) => {
  process.stdout.write(`event ${JSON.stringify(event)}\n`);
  socket.off("disconnect");
  socket.close();
});

function fail(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
