"""schemathesis over a real socket: requests made from our own OpenAPI document, in both dialects; no 5xx, nothing undocumented.

`make test` runs a few per operation, the same each time (`test_schemathesis.py`); `make schemathesis` thousands, with its coverage of
every parameter, in a minute or two on an idle machine:

    python -m tests.conform.schemathesis_run                       # a few, the same each time
    python -m tests.conform.schemathesis_run --seed 7 -n 100       # with words of one's own: those of `st run`, instead

501 is no failure: it is what RFC 7644 section 3.12 says of an operation that a type does not offer. The exit status is that of `st`, or 1
where something crashed in the gateway.
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
from gateway.settings.limits import RateSettings
from tests.conform import judges

TOKEN = "caller-token"
USERS = 50
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
FEW = ("--phases", "fuzzing", "-n", "3", "--generation-deterministic")
MANY = ("--phases", "coverage,fuzzing", "-n", "8")
CONFIG = '[checks]\nnot_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "501"]\n'


def main(*more: str) -> int:
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
            [judges.HOME / "bin" / "st", "--config-file", str(config), "run", address, "-H", f"Authorization: Bearer {TOKEN}",
             "-c", ",".join(CHECKS), "--continue-on-failure", "--no-shrink", *(more or FEW)],
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
            quickly = Settings(rates=RateSettings(tier="none"))
            context = await context_for(quickly, Embedded(inner, "technical"), Events(note))
            made["app"] = application(quickly, context, TOKEN)
        await made["app"](scope, receive, send)

    return lazy


if __name__ == "__main__":
    sys.exit(main(*(MANY if sys.argv[1:] == ["many"] else sys.argv[1:])))
