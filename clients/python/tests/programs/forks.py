"""Forks while threads write, which is the worst moment: a lock may be held by a thread that the child has not got.

forks.py SOURCE CHILDREN
"""

import os
import sys
import threading

from lockstep_client import configure, flush, log

source, children = sys.argv[1], int(sys.argv[2])
client = configure(source=source)
over = threading.Event()


def write() -> None:
    """As fast as it goes, but never so much that the others' lines would be lost."""
    while not over.is_set():
        if client.stats().lines.waiting < 1000:
            log("from a thread", source=f"{source}-threads")


threads = [threading.Thread(target=write) for _ in range(4)]
for thread in threads:
    thread.start()
log("from the parent, before")
forked = []
for number in range(children):
    if (child := os.fork()) == 0:
        log(f"from child {number}")
        os._exit(0 if flush(60) else 1)
    forked.append(child)
over.set()
for thread in threads:
    thread.join()
log("from the parent, after")
failed = [child for child in forked if os.waitpid(child, 0)[1] != 0]
sys.exit(f"children {failed} did not send their line" if failed else 0 if flush(60) else f"not sent: {client.stats()}")
