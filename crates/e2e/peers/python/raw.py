"""A client of the raw doors that is not ours: `websockets`, used as people's first scripts use it.

raw.py URL WORD [FILTERS]

Prints `connected {...}`, pings and prints `pong {...}`, sets the filters where some are given, then prints `heard {...}` for each message
until one holds the word. Where the server closes instead, it prints `closed CODE REASON`.
"""

import asyncio
import json
import sys

import websockets

LIMIT_SECONDS = 20


async def main(url: str, word: str, filters: str = "") -> int:
    try:
        async with websockets.connect(url) as websocket:
            print("connected", await websocket.recv(), flush=True)
            await websocket.send(json.dumps({"type": "ping"}))
            while (message := await websocket.recv()) and json.loads(message)["type"] != "pong":
                print("before", message, flush=True)
            print("pong", message, flush=True)
            if filters:
                await websocket.send(json.dumps({"type": "set_filters", "filters": json.loads(filters)}))
            while word not in message:
                message = await websocket.recv()
                print("heard", message, flush=True)
    except websockets.ConnectionClosed as closed:
        print("closed", closed.rcvd and closed.rcvd.code, closed.rcvd and closed.rcvd.reason, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), LIMIT_SECONDS)))
