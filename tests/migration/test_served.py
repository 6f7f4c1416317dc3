"""Over sockets: a gateway as IDCS, with its token endpoint, and a plain provider of other people's, each moved, compared and followed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.edge.caller.passwords import hashed
from tests.conform import judges
from tests.migration.sides import OWN
from tests.process import COMMAND, ROOT, environment, serving

SECRET = "the-client's-secret"
BOX = "the-technical-account"
DROP = ["--drop", OWN[0]]
ONLY = ["--only", "App", "--only", "AppRole", "--only", "User", "--only", "Group", "--only", "Grant"]
PLAIN = "plain-providers-token"


@pytest.fixture(scope="module")
def idcs() -> Iterator[str]:
    """A gateway over a sandbox, as IDCS would stand there."""
    callers = [
        {
            "subject": "mover",
            "client_id": "mover",
            "client_secret_hash": hashed(SECRET),
            "roles": ["Identity Domain Administrator"],
        }
    ]
    given = {
        "GATEWAY_CALLERS": json.dumps(callers),
        "GATEWAY_TOKEN_ENDPOINT": json.dumps({"issuer": "http://127.0.0.1"}),
    }
    with serving("serve", "--sandbox", "--users", "6", "--token", BOX, "--port", "0", **given) as server:
        yield server.url


@pytest.fixture(scope="module")
def nevis() -> Iterator[str]:
    """A nevisIDM that is empty at first."""
    with serving("sandbox", "--users", "0", "--token", BOX, "--port", "0") as server:
        yield server.url


@dataclass
class Moving:
    """The command with its settings in the environment, run in a folder."""

    nevis: str
    source: str
    login: dict[str, str]
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        return {"GATEWAY_NEVISIDM__URL": self.nevis, "GATEWAY_NEVISIDM__LOGIN__TOKEN": BOX, **self.login}

    def arguments(self, verb: str, *more: str) -> list[str]:
        return [verb, self.source, "--checkpoint", str(self.folder / "checkpoint"), *more]

    def run(self, verb: str, *more: str) -> Result:
        return CliRunner().invoke(main, self.arguments(verb, *more), env=self.settings, catch_exceptions=False)


@pytest.fixture
def moving(nevis: str, tmp_path: Path) -> Callable[..., Moving]:
    return lambda source, **login: Moving(nevis, source, login, tmp_path)


def ask(url: str, token: str, method: str = "GET", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    answer = httpx.request(method, url, json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def test_an_idcs_is_moved_compared_and_followed(idcs: str, moving: Callable[..., Moving], tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    move = moving(
        f"scim+{idcs}/admin/v1", GATEWAY_MIGRATION__CLIENT_ID="mover", GATEWAY_MIGRATION__CLIENT_SECRET_FILE=str(file)
    )
    refused = str(tmp_path / "refused.jsonl")
    loaded = move.run("load", *ONLY, *DROP, "--refused", refused)
    assert "Changed at the source meanwhile" in loaded.output
    report = tmp_path / "report.json"
    compared = move.run("verify", *ONLY, *DROP, "--extra", "--report", str(report))
    assert compared.exit_code in (0, 1), compared.output
    found = json.loads(report.read_text())
    assert found["types"]["User"]["source"] == found["types"]["User"]["same"] == 8
    assert SECRET not in loaded.output + compared.output
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "title", "value": "Captain"}],
    }
    ask(f"{idcs}/admin/v1/Users/u-1005", BOX, "PATCH", patch)
    with following(
        move.arguments("delta", "--only", "User", *DROP, "--every", "200s", "--sweep", "0"), move.settings
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert (told["changed"], told["created"], told["refused"]) == (1, 0, 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    last = move.run("verify", "--only", "User", *DROP)
    assert (last.exit_code, "Nothing differs" in last.output) == (0, True), last.output


@contextmanager
def following(arguments: list[str], settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment() | settings
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Other people's provider (scim2-server), with a person and a group in it."""
    if not judges.are_ready():
        pytest.skip("the judges are not installed; make conform does that")
    log = (tmp_path_factory.mktemp("plain") / "log").open("w")
    with socket.socket() as free:  # it cannot tell which port it took
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = [judges.PYTHON, "-m", "scim2_server.testserver.cli", "--port", port, "--bearer-token", PLAIN]
    process = subprocess.Popen(server, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield line.rpartition(" ")[2].strip()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
        log.close()


def test_a_plain_provider_is_moved_and_compared(plain: str, moving: Callable[..., Moving]) -> None:
    core = "urn:ietf:params:scim:schemas:core:2.0:"
    made = []
    for number in range(5):
        person = {
            "schemas": [f"{core}User"],
            "userName": f"person-{number}",
            "name": {"givenName": "Per", "familyName": f"Son {number}"},
            "emails": [{"type": "work", "primary": True, "value": f"p{number}@example.org"}],
            "active": number != 3,
        }
        made.append(ask(f"{plain}/Users", PLAIN, "POST", person)["id"])
    group = {"schemas": [f"{core}Group"], "displayName": "Persons", "members": [{"value": each} for each in made[:3]]}
    ask(f"{plain}/Groups", PLAIN, "POST", group)
    move = moving(f"scim+{plain}", GATEWAY_MIGRATION__TOKEN=PLAIN)
    loaded = move.run("load")
    assert loaded.exit_code == 0, loaded.output
    compared = move.run("verify")
    assert compared.exit_code == 0, compared.output
    assert "User 5/5" in compared.output
    assert "Group 1/1" in compared.output
    ask(f"{plain}/Users/{made[4]}", PLAIN, "DELETE")
    followed = move.run("delta", "--once", "--deletes", "delete")
    assert followed.exit_code == 0, followed.output
    assert json.loads(followed.stdout.splitlines()[-1])["deleted"] == 1
