"""A client that is not ours: python-socketio as anybody installs it.

client.py URL COOKIE TRANSPORTS ROOM

Joins the room, prints `joined {ack}`, then `event {...}` for the first change, and ends.
"""

import json
import sys
import threading

import socketio

LIMIT_SECONDS = 20


def main(url: str, cookie: str, transports: str, room: str) -> int:
    heard = threading.Event()
    client = socketio.Client(reconnection=False)

    @client.on(f"{room}:changed")
    def changed(event: dict) -> None:
        say("event", event)
        heard.set()

    client.connect(url, headers={"Cookie": cookie}, transports=transports.split(","), wait_timeout=LIMIT_SECONDS)
    say("joined", client.call("sync:join", {"room": room}, timeout=LIMIT_SECONDS))
    in_time = heard.wait(LIMIT_SECONDS)
    client.disconnect()
    return 0 if in_time else 1


def say(what: str, value: dict) -> None:
    print(what, json.dumps(value, separators=(",", ":"), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
