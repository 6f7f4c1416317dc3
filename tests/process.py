"""The command as a process of its own, for tests that meet it as a person or an orchestrator does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "gateway"]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment() | more,
        timeout=60,
        check=False,
    )


@dataclass
class Server:
    """A server process: where it answers, what it printed until it was ready, and what it has printed since."""

    process: subprocess.Popen[str]
    url: str
    said: str
    later: list[str]


@contextmanager
def serving(*arguments: str, **more: str) -> Iterator[Server]:
    """A server process that is ready; `more` joins its environment. It is terminated at the end."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=environment() | {"PYTHONUNBUFFERED": "1", "GATEWAY_RATES__TIER": "none"} | more,
    )
    assert process.stdout is not None
    lines = iter(process.stdout)
    draining: threading.Thread | None = None
    later: list[str] = []
    try:
        said = ""
        for line in lines:
            said += line
            if line.startswith("Ready: "):
                break
        found = re.search(r"^Ready: (http://[^/ ]+)", said, re.M)
        assert found, said
        draining = threading.Thread(target=lambda: later.extend(lines))  # a full pipe would stop the server
        draining.start()
        yield Server(process, found[1], said, later)
    finally:
        process.terminate()
        process.wait(20)
        if draining is not None:
            draining.join()
        process.stdout.close()


@contextmanager
def running(*arguments: str) -> Iterator[tuple[str, str]]:
    """A server process; gives its URL and everything it printed until it was ready."""
    with serving(*arguments) as server:
        yield server.url, server.said
