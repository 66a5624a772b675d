"""Logs a line and ends, without closing anything.

says.py thread|loop MESSAGE
"""

import asyncio
import sys

from lockstep_client import AsyncLockstep, log


async def in_a_loop(message: str) -> None:
    AsyncLockstep().log(message)


if sys.argv[1] == "thread":
    log(sys.argv[2])
else:
    asyncio.run(in_a_loop(sys.argv[2]))
