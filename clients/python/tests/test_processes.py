"""The end of a program, and programs that fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from house import LIMIT, Server

PROGRAMS = Path(__file__).parent / "programs"
SOURCES = Path(__file__).parent.parent / "src"


def run(program: str, *arguments: str, url: str, key: str) -> str:
    """Runs a program to its end, which has to be a good one; what it said."""
    environment = {**os.environ, "LOCKSTEP_URL": url, "LOCKSTEP_KEY": key, "PYTHONPATH": str(SOURCES)}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(PROGRAMS / program), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=2 * LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize("kind", ["thread", "loop"])
def test_a_program_that_just_ends_has_sent_its_last_line(server: Server, kind: str) -> None:
    message = str(uuid4())

    assert run("says.py", kind, message, url=server.url, key=server.key) == ""

    assert server.arrived(1, text=message)


@pytest.mark.parametrize("kind", ["thread", "loop"])
def test_a_program_ends_although_nobody_takes_its_last_line(tmp_path: Path, kind: str) -> None:
    said = run("says.py", kind, "in vain", url=f"unix:{tmp_path}/no.sock", key="none")

    assert "Traceback" not in said and "cannot be reached" in said


def test_forks_write_their_own_lines_and_none_of_their_parents(server: Server) -> None:
    source = str(uuid4())

    run("forks.py", source, "12", url=server.url, key=server.key)

    lines = sorted(line["message"] for line in server.arrived(14, source=source))
    assert lines == sorted([*(f"from child {n}" for n in range(12)), "from the parent, before", "from the parent, after"])
    ids = [line["id"] for line in server.lines(source=source)]
    assert len(set(ids)) == len(ids)
