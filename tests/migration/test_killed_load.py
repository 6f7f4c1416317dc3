"""The command against a sandbox of its own process: killed for good at any moment and resumed, it makes everything once; and its exit
status.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gateway.migration.load import UNFINISHED, Options, load
from gateway.settings import Settings
from tests.conftest import shipped
from tests.migration.conftest import app, grant, group, person, role
from tests.process import run, serving

PEOPLE = 60


@dataclass
class Installation:
    """A nevisIDM as a process, and the settings that lead to it."""

    settings: Settings
    client: httpx.Client

    def get(self, path: str) -> Any:
        answer = self.client.get(f"/nevisidm/api/core/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with serving("sandbox", "--port", "0", "--users", "0", "--token", "technical") as server:
        login = {"mode": "bearer", "token": "technical"}
        settings = Settings(nevisidm={"url": server.url, "login": login}, probe=False)  # type: ignore[arg-type]
        with httpx.Client(base_url=server.url, headers={"Authorization": "Bearer technical"}) as client:
            yield Installation(settings, client)


def _source(folder: Path, name: str) -> Path:
    rows = [
        person(f"{name}{number}", manager=f"{name}{number * 7 % PEOPLE}", password="Sesame.4711")
        for number in range(PEOPLE)
    ]
    rows += [group(f"{name}-all", *(f"{name}{number}" for number in range(0, PEOPLE, 2))), app(f"{name}-shop")]
    rows += [role(f"{name}-buyer", f"{name}-shop")]
    rows += [grant(f"{name}-buyer", f"{name}{number}", f"{name}-shop") for number in range(0, PEOPLE, 4)]
    file = folder / f"{name}.jsonl"
    file.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in rows))
    return file


def _load(settings: Settings, options: Options) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return asyncio.run(load(settings, options, shipped()))


def _killed(settings: Settings, options: Options, after: float) -> bool:
    """Load in a process of its own, which is killed after so many seconds; whether it was still at it."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(_load(settings, options))
        finally:
            os._exit(70)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_at_any_moment_and_resumed_it_makes_everything_once(installation: Installation, tmp_path: Path) -> None:
    file = _source(tmp_path, "kill")
    options = Options(str(file), resume=True, at_once=8)
    seed = random.randrange(1_000_000)
    moments = random.Random(seed)
    shipped()  # read once, before anybody is killed
    killed = 0
    for _ in range(6):
        killed += _killed(installation.settings, options, moments.uniform(0.05, 0.4))
    assert killed, "the load was over before the first kill"
    assert _load(installation.settings, options) == 0, f"seed {seed}"
    get, client = installation.get, installation.settings.nevisidm.client
    users = [each for each in get(f"clients/{client}/users?limit=1000")["items"] if each["loginId"].startswith("kill")]
    assert len(users) == len({each["loginId"] for each in users}) == PEOPLE, f"seed {seed}"
    by_name = {each["loginId"]: each["extId"] for each in users}
    groups = grants = 0
    for number in range(PEOPLE):
        found = by_name[f"kill{number}"]
        (profile,) = get(f"{client}/users/{found}/profiles")["items"]
        groups += len(get(f"{client}/profiles/{profile['extId']}/eauthorizations")["items"])
        grants += len(get(f"{client}/profiles/{profile['extId']}/authorizations")["items"])
        properties = get(f"{client}/users/{found}")["properties"]
        assert properties["manager"] == by_name[f"kill{number * 7 % PEOPLE}"], f"seed {seed}"
    assert (groups, grants) == (PEOPLE // 2, PEOPLE // 4), f"seed {seed}"


def test_an_interrupted_load_goes_on_only_when_it_is_told_to(installation: Installation, tmp_path: Path) -> None:
    file = _source(tmp_path, "stop")
    options = Options(str(file), most_refused=1, drop=())
    text = file.read_bytes().replace(b'"userName":"stop1"', b'"userName":""', 1)
    file.write_bytes(text)
    assert _load(installation.settings, options) == UNFINISHED
    with pytest.raises(Exception, match="--resume"):
        _load(installation.settings, options)
    assert _load(installation.settings, Options(str(file), resume=True)) == 1


def test_the_command_loads_and_reports(installation: Installation, tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(
        f"nevisidm: {{ url: {installation.client.base_url}, login: {{ mode: bearer, token: technical }} }}\n"
    )
    file = tmp_path / "people.jsonl"
    file.write_bytes(orjson.dumps(person("cli-ann")) + b"\n" + orjson.dumps(person("cli-bob", emails=[])) + b"\n")
    done = run("load", str(file), "--config", str(config), "--report", str(tmp_path / "report.json"))
    assert done.returncode == 1, done.stderr
    assert "User               1         0         0         0         1" in done.stdout
    assert "User: 2 of 2" in done.stderr
    assert orjson.loads((tmp_path / "report.json").read_bytes())["types"]["User"]["created"] == 1
    refused = orjson.loads((tmp_path / "people.jsonl.refused.jsonl").read_bytes())
    assert refused["key"] == "id-cli-bob"
    assert oct((tmp_path / "people.jsonl.refused.jsonl").stat().st_mode & 0o777) == "0o600"
    assert oct((tmp_path / "people.jsonl.checkpoint").stat().st_mode & 0o777) == "0o600"
    assert "Muster" not in done.stdout + done.stderr
