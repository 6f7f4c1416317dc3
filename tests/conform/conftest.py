"""Outside judges: programs of other people, in an environment of their own, at a real server process."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conform import judges
from tests.process import Server, serving

HERE = Path(__file__).parent
Run = Callable[..., "subprocess.CompletedProcess[str]"]
TOKEN = "judges-token"
BOX = "the-technical-account"


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
    """Starts a server by its command and tells its URL; its log is printed at the end, so that a failed test shows it."""
    servers: list[Server] = []
    with ExitStack() as running:

        def run(command: str, *options: str, **settings: str) -> str:
            servers.append(running.enter_context(serving(command, "--port", "0", *options, **settings)))
            return servers[-1].url

        yield run
    for server in servers:
        print(*server.later, sep="")


@pytest.fixture
def pair(start: Callable[..., str]) -> dict[str, str]:
    """A sandbox and a gateway before it, each a process, as the judges are told of them: what arrived can be asked past the gateway."""
    nevis = start("sandbox", "--users", "20", "--token", BOX)
    url = start(
        "serve",
        GATEWAY_NEVISIDM__URL=nevis,
        GATEWAY_NEVISIDM__LOGIN__TOKEN=BOX,
        GATEWAY_CALLERS=json.dumps([{"subject": "judge", "token": TOKEN, "roles": ["Identity Domain Administrator"]}]),
    )
    return {"JUDGED_URL": url, "JUDGED_TOKEN": TOKEN, "JUDGED_NEVIS": nevis, "JUDGED_NEVIS_TOKEN": BOX}


@pytest.fixture
def oracle(judge: Run) -> Callable[..., None]:
    """Runs files of tests in the judges' environment, where Oracle's SDK is; each of their tests has to pass, and none may be skipped."""

    def judged(*files: str, **told: str) -> None:
        alone = (
            "-m",
            "pytest",
            "-c",
            os.devnull,
            "--rootdir",
            ".",
            "--noconftest",
            "-p",
            "no:cacheprovider",
            "-q",
            "-rA",
        )
        found = judge(*alone, *files, **told)
        print(found.stdout, found.stderr)
        assert found.returncode == 0, found.stdout + found.stderr
        assert not re.search(r"^SKIPPED", found.stdout, re.M)

    return judged
