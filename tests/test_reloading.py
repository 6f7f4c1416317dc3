"""What is taken up while requests are answered: mappings and secrets, as an orchestrator swaps them by a link, whole or not at all."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml

from gateway.assembly import application, context_for, embedded
from gateway.edge.caller.passwords import hashed
from gateway.events import Events, FileMissed, FileTaken, SettingsSwapped
from gateway.mapping.load import find_mappings
from gateway.observe.metrics import Metrics
from gateway.observe.standing import Standing
from gateway.running.reloading import Held
from gateway.settings.source import read_settings


class Mount:
    """A folder as Kubernetes mounts a ConfigMap or a Secret: each file is a link through `..data`, which is renamed when they change."""

    def __init__(self, path: Path, files: dict[str, str]) -> None:
        self.path = path
        self._number = 0
        path.mkdir()
        self.swap(files)
        for name in files:
            (path / name).symlink_to(f"..data/{name}")

    def swap(self, files: dict[str, str]) -> None:
        before = self.path / f"..{self._number}"
        self._number += 1
        now = self.path / f"..{self._number}"
        now.mkdir()
        for name, text in files.items():
            (now / name).write_text(text)
        (self.path / "..new").symlink_to(now.name)
        os.replace(self.path / "..new", self.path / "..data")
        shutil.rmtree(before, ignore_errors=True)


@dataclass
class Gateway:
    client: httpx.AsyncClient
    held: Held
    standing: Standing
    metrics: Metrics
    events: list[Any] = field(default_factory=list)

    async def status(self, token: str) -> int:
        return (
            await self.client.get("/scim/v2/Users/u-1001", headers={"Authorization": f"Bearer {token}"})
        ).status_code

    async def described(self, token: str) -> str:
        answer = await self.client.get("/scim/v2/ResourceTypes/Group", headers={"Authorization": f"Bearer {token}"})
        return str(answer.json().get("description"))

    def report(self) -> dict[str, object]:
        ready, report = self.standing.told()
        assert ready, "it serves what was there before"
        return report

    def counted(self, what: str, outcome: str) -> str:
        text = self.metrics.scrape()[0].decode()
        start = f'scim_reloads_total{{outcome="{outcome}",what="{what}"}} '
        return next((line.removeprefix(start) for line in text.splitlines() if line.startswith(start)), "0")


@asynccontextmanager
async def gateway(config: Path) -> AsyncIterator[Gateway]:
    settings, told = read_settings(config, {})
    standing, metrics, events = Standing(), Metrics(), []
    context = await context_for(settings, embedded(3), Events(standing, metrics, events.append))
    held = Held(settings, context, partial(read_settings, config, {}), told.files)
    app = application(settings, held.context, None, lambda: held.context)
    held.entrance = app.state.entrance
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway.example") as client:
        yield Gateway(client, held, standing, metrics, events)
    await app.state.aclose()
    await context.client.aclose()


async def eventually(true: Callable[[], Any]) -> None:
    for _ in range(400):
        if await found if asyncio.iscoroutine(found := true()) else found:
            return
        await asyncio.sleep(0.025)
    raise AssertionError("it did not come about")


def said(**more: Any) -> str:
    return yaml.safe_dump({"probe": False, "reload": {"watch_seconds": 0.05}, "rates": {"tier": "none"}, **more})


ROLES = ["Identity Domain Administrator"]


async def test_a_configmap_and_a_secret_that_are_swapped_are_taken_up(tmp_path: Path) -> None:
    files = {name: (find_mappings() / name).read_text() for name in ("User.yaml", "Group.yaml")}
    mappings = Mount(tmp_path / "mappings", files)
    secrets = Mount(tmp_path / "secrets", {"hr": "first-token"})
    callers = [{"subject": "hr", "token_file": str(secrets.path / "hr"), "roles": ROLES}]
    settings = Mount(tmp_path / "config", {"gateway.yaml": said(callers=callers, mappings=str(mappings.path))})
    async with gateway(settings.path / "gateway.yaml") as it, it.held.kept():
        before = await it.described("first-token")

        secrets.swap({"hr": "second-token"})
        await eventually(lambda: _is(it.status("second-token"), 200))
        assert await it.status("first-token") == 401, "what was rotated away does not let in any more"
        assert SettingsSwapped(("callers",)) in it.events

        mappings.swap(files | {"Group.yaml": files["Group.yaml"].replace(before, "Circles of friends")})
        await eventually(lambda: _is(it.described("second-token"), "Circles of friends"))

        settings.swap({"gateway.yaml": "callers: [{subjekt: hr}]\n"})
        await eventually(lambda: "settings" in it.report())
        assert "did you mean subject" in str(it.report()["settings"])
        assert it.counted("settings", "refused") == "1.0"
        assert await it.status("second-token") == 200

        mappings.swap(files)
        await eventually(lambda: _is(it.described("second-token"), before))
        assert "settings" in it.report(), "bad settings keep no mapping from being taken up"

        further = [*callers, {"subject": "crm", "user": "crm", "password_hash": hashed("pass"), "roles": ["Help"]}]
        settings.swap({"gateway.yaml": said(callers=further, mappings=str(mappings.path))})
        await eventually(lambda: "there is no role 'Help'" in str(it.report().get("settings")))

        mappings.swap(files | {"Group.yaml": "format: 2\n"})
        further[1]["roles"] = ROLES
        settings.swap({"gateway.yaml": said(callers=further, mappings=str(mappings.path), log_level="debug")})
        await eventually(lambda: _is(_basic(it), 200))
        assert "settings" not in it.report(), "bad mappings keep no caller out"
        assert "Group.yaml" in str(it.report()["mappings"])
        assert it.report()["restart"] == "changed, and taken up at the next start: log_level"
        assert int(float(it.counted("mappings", "refused"))) >= 1
        assert await it.described("second-token") == before

        mappings.swap(files)
        settings.swap({"gateway.yaml": said(callers=callers, mappings=str(mappings.path))})
        await eventually(lambda: not {"mappings", "settings", "restart"} & it.report().keys())
        assert await _basic(it) == 401, "a caller that is gone from the settings is gone"


async def _is(got: Any, wanted: object) -> bool:
    return bool(await got == wanted)


async def _basic(it: Gateway) -> int:
    return (await it.client.get("/scim/v2/Users/u-1001", auth=("crm", "pass"))).status_code


async def test_sighup_takes_up_at_once_and_no_request_sees_both(tmp_path: Path) -> None:
    (tmp_path / "hr").write_text("first-token")
    callers = [{"subject": "hr", "token_file": str(tmp_path / "hr"), "roles": ROLES}]
    (tmp_path / "gateway.yaml").write_text(said(callers=callers).replace("0.05", "0"))
    async with gateway(tmp_path / "gateway.yaml") as it, it.held.kept():
        done = asyncio.Event()
        seen: list[tuple[int, int]] = []

        async def asking() -> None:
            while not done.is_set():
                seen.append((await it.status("first-token"), await it.status("second-token")))
                await asyncio.sleep(0)  # nothing else waits for anything here

        asked = asyncio.create_task(asking())
        await eventually(lambda: len(seen) > 3)
        (tmp_path / "hr").write_text("second-token")
        os.kill(os.getpid(), signal.SIGHUP)
        await eventually(lambda: seen[-1] == (401, 200))
        done.set()
        await asked
        turn = seen.index((401, 200))
        assert set(seen[:turn]) <= {(200, 401), (200, 200)}, (
            "between two requests, both may be let in: one before, one after"
        )
        assert set(seen[turn:]) == {(401, 200)}


async def test_a_rotated_client_secret_is_taken_up_by_the_token_endpoint(tmp_path: Path) -> None:
    (tmp_path / "hash").write_text(hashed("first"))
    callers = [
        {"subject": "app", "client_id": "app", "client_secret_hash_file": str(tmp_path / "hash"), "roles": ROLES}
    ]
    endpoint = {"issuer": "https://gateway.example"}
    (tmp_path / "gateway.yaml").write_text(said(callers=callers, token_endpoint=endpoint))
    async with gateway(tmp_path / "gateway.yaml") as it:

        async def asked(secret: str) -> int:
            form = {"grant_type": "client_credentials", "scope": "urn:opc:idm:__myscopes__"}
            return (await it.client.post("/oauth2/v1/token", data=form, auth=("app", secret))).status_code

        assert await asked("first") == 200
        (tmp_path / "hash").write_text(hashed("second"))
        assert await it.held.reload()
        assert (await asked("first"), await asked("second")) == (401, 200)


def test_a_file_of_no_use_is_named_until_it_is_one_again() -> None:
    standing, metrics = Standing(), Metrics()
    for event in (FileMissed("tls", "SSLError"), FileMissed("nevisidm.login: secret", "unfit")):
        standing(event)
        metrics(event)
    standing(FileTaken("nevisidm.login: secret"))
    assert standing.told() == (
        True,
        {"ready": True, "nevisidm": "unknown", "files": {"tls": "of no use, the former serves: SSLError"}},
    )
    assert b'scim_files_missed_total{setting="tls"} 1.0' in metrics.scrape()[0]
    standing(FileTaken("tls"))
    assert "files" not in standing.told()[1]
