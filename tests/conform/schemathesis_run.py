"""schemathesis over a real socket: thousands of requests made from our own OpenAPI document; no 5xx, nothing undocumented.

Not part of `make test`: it takes minutes, and its dependencies are many. From the project's folder, the gateway installed in .venv:

    python3 -m venv .st && .st/bin/pip install 'schemathesis==4.32.5'
    .venv/bin/python tests/conform/schemathesis_run.py .st/bin/st
    .venv/bin/python tests/conform/schemathesis_run.py .st/bin/st -n 100 --seed 7      # further words go to `st run`

501 is no failure: it is what RFC 7644 section 3.12 says of an operation that a type does not offer. The exit status is that of `st`.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn

from gateway.assembly import Embedded, application, context_for
from gateway.events import Crashed, Event, Events
from gateway.sandbox.app import sandbox
from gateway.sandbox.people import fill
from gateway.sandbox.switches import Switches
from gateway.settings import Settings

TOKEN = "caller-token"
USERS = 50
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
USUAL = ("--phases", "coverage,fuzzing", "-n", "8", "--continue-on-failure", "--no-shrink")
CONFIG = '[checks]\nnot_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "501"]\n'


def main(judge: str, *more: str) -> int:
    """Serve, let schemathesis ask, and tell what it found; a crash of ours counts even where the answer was documented."""
    crashes: list[Crashed] = []

    def note(event: Event) -> None:
        if isinstance(event, Crashed):
            crashes.append(event)

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(_application(note), log_level="error", factory=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/openapi.json"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "schemathesis.toml")
        config.write_text(CONFIG)
        found = subprocess.run(
            [str(Path(judge).absolute()), "--config-file", str(config), "run", address, "-H", f"Authorization: Bearer {TOKEN}",
             "-c", ",".join(CHECKS), *USUAL, *more],
            cwd=folder, check=False,
        )  # fmt: skip
    server.should_exit = True
    thread.join(10)
    for crash in crashes:
        print(crash)
    return found.returncode or bool(crashes)


def _application(note: Callable[[Event], None]) -> Callable[..., Awaitable[None]]:
    """The gateway, made when the first request comes: its context belongs to the server's loop."""
    inner = sandbox(switches=Switches(), token="technical")
    fill(inner.state.sandbox, USERS)

    made: dict[str, Any] = {}

    async def lazy(scope: Any, receive: Any, send: Any) -> None:
        if not made:
            context = await context_for(Settings(), Embedded(inner, "technical"), Events(note))
            made["app"] = application(Settings(), context, TOKEN)
        await made["app"](scope, receive, send)

    return lazy


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
