"""A load into a world of its own: what a source holds, what a load made of it, and the nevisIDM calls that it took."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.migration.checkpoint import Checkpoint
from gateway.migration.dropping import Dropping
from gateway.migration.entering import Entering, Manner
from gateway.migration.lines import JsonLines, kinds_of
from gateway.migration.loading import Loading
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing
from gateway.migration.progress import Silent
from gateway.migration.references import in_order
from gateway.migration.refusals import Refusals
from gateway.migration.rehearsal import Held, Rehearsing
from gateway.migration.report import Report
from gateway.migration.source import Source

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ORACLE = "urn:ietf:params:scim:schemas:oracle:idcs:"
Json = dict[str, Any]


def person(name: str, *, manager: str | None = None, **more: Any) -> Json:
    """A user as IDCS has one."""
    found = {
        "schemas": [USER, ENTERPRISE],
        "id": f"id-{name}",
        "userName": name,
        "name": {"givenName": name.title(), "familyName": "Muster"},
        "emails": [{"type": "work", "primary": True, "value": f"{name}@example.org", "verified": True}],
        "idcsCreatedBy": {"value": "somebody", "type": "App"},
        "meta": {"resourceType": "User", "created": "2020-01-01T00:00:00.000Z"},
        **more,
    }
    return found | ({ENTERPRISE: {"manager": {"value": f"id-{manager}"}}} if manager else {})


def group(name: str, *members: str, **more: Any) -> Json:
    values = [{"value": f"id-{each}", "type": "User"} for each in members]
    return {"schemas": [GROUP], "id": f"id-{name}", "displayName": name, "members": values, **more}


def app(name: str) -> Json:
    template = {"value": "CustomWebAppTemplateId"}
    return {"schemas": [f"{ORACLE}App"], "id": f"id-{name}", "displayName": name, "basedOnTemplate": template}


def role(name: str, of: str) -> Json:
    return {"schemas": [f"{ORACLE}AppRole"], "id": f"id-{name}", "displayName": name, "app": {"value": f"id-{of}"}}


def grant(of: str, to: str, at: str) -> Json:
    return {
        "schemas": [f"{ORACLE}Grant"],
        "id": f"id-{of}-{to}",
        "grantee": {"value": f"id-{to}", "type": "User"},
        "app": {"value": f"id-{at}"},
        "entitlement": {"attributeName": "appRoles", "attributeValue": f"id-{of}"},
        "grantMechanism": "ADMINISTRATOR_TO_USER",
    }


@dataclass
class Directory:
    """A source in a folder, and the world that it is loaded into."""

    world: Any
    folder: Path
    reports: list[Report] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "people.jsonl"

    @property
    def refused_file(self) -> Path:
        return self.folder / "refused.jsonl"

    def write(self, rows: Iterable[Json]) -> None:
        self.file.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in rows))

    def refused(self) -> list[Json]:
        text = self.refused_file.read_bytes() if self.refused_file.exists() else b""
        return [orjson.loads(line) for line in text.splitlines()]

    async def load(
        self,
        manner: Manner | None = None,
        *,
        source: Source | None = None,
        drop: tuple[str, ...] = (),
        checkpoint: str | None = "checkpoint",
        rehearse: bool = False,
        online: bool = False,
        **more: Any,
    ) -> Report:
        """One load, to its end. Without a checkpoint file, as if nothing had been loaded before."""
        context, pace = self.world.context, Pace(8)
        mappings = context.mappings
        where = self.folder / checkpoint if checkpoint else None
        noted = Checkpoint(None, where) if rehearse else Checkpoint(where)
        noted.begin()
        if rehearse:
            context = dataclasses.replace(context, client=Held(context.client if online else None))
        entering = Entering(context, manner or Manner(), noted.salt)
        refusals = Refusals(self.refused_file)
        loading = Loading(
            source or JsonLines(self.file, kinds_of(mappings.types().values())),
            noted,
            Preparing(mappings, Dropping(drop)),
            Rehearsing(entering, online=online) if rehearse else entering,
            pace,
            refusals,
            Silent(),
            lambda kinds: in_order(kinds, mappings),
            **more,
        )
        self.world.box.journal.clear()
        self.world.box.journal.on = True
        try:
            report = await loading.run()
            noted.end()
        finally:
            noted.close()
            refusals.close()
        self.reports.append(report)
        return report

    def calls(self, *methods: str) -> list[str]:
        """The nevisIDM calls of the last load."""
        return [f"{each.method} {each.path}" for each in self.world.box.journal() if each.method in methods]

    @property
    def writes(self) -> list[str]:
        return self.calls("POST", "PUT", "PATCH", "DELETE")

    async def found(self, path: str) -> list[Json]:
        answer = await self.world.send("GET", f"/scim/v2{path}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["Resources"])

    async def user(self, name: str, more: str = "") -> Json:
        (found,) = await self.found(f'/Users?filter=userName eq "{name}"{more}')
        return found

    async def members(self, name: str) -> list[str]:
        (found,) = await self.found(f'/Groups?filter=displayName eq "{name}"&attributes=members')
        return [each["value"] for each in found.get("members", [])]


@pytest.fixture
async def directory(make_world: Any, tmp_path: Path) -> Directory:
    """An empty nevisIDM, and a folder for a source."""
    return Directory(await make_world(users=0), tmp_path)
