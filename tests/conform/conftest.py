"""Outside judges: programs of other people, in an environment of their own, at a real server process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conform import judges

HERE = Path(__file__).parent
Run = Callable[..., "subprocess.CompletedProcess[str]"]
TOKEN = "judges-token"


@pytest.fixture(scope="session")
def judge() -> Run:
    """Runs Python in the judges' environment, beside these files. `make test` has made it; elsewhere `make conform` does."""
    if not judges.are_ready():
        pytest.skip("the judges are not installed; make conform does that")

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [judges.PYTHON, *arguments],
            capture_output=True,
            text=True,
            cwd=HERE,
            env={**os.environ, **environment},
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def serve(start: Callable[..., str]) -> Callable[..., str]:
    """Starts a gateway over the sandbox with these options and tells its URL."""
    return lambda *options, **settings: start("serve", "--sandbox", "--token", TOKEN, *options, **settings)


@pytest.fixture
def start() -> Iterator[Callable[..., str]]:
    """Starts a server by its command and tells its URL; its log is printed, so that a failed test shows it."""
    started: list[tuple[subprocess.Popen[str], threading.Thread]] = []

    def run(command: str, *options: str, **settings: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", command, "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment | {"PYTHONUNBUFFERED": "1"} | settings,
        )
        assert process.stdout is not None
        lines = iter(process.stdout)
        ready = next((line for line in lines if line.startswith("Ready: ")), "")
        draining = threading.Thread(target=lambda: sys.stdout.writelines(lines))
        draining.start()
        started.append((process, draining))
        found = re.match(r"Ready: (http://[^/ ]+)", ready)
        assert found, f"{command} did not start"
        return found[1]

    yield run
    for process, draining in started:
        process.terminate()
        process.wait(20)
        draining.join()
        if process.stdout is not None:
            process.stdout.close()
