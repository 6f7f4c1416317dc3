"""What changes at a live source comes to nevisIDM, once; who goes there goes here, if that was asked for; nothing comes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.migration.checkpoint import Checkpoint
from gateway.migration.delta import Tracking, delta
from gateway.migration.dropping import Dropping
from gateway.migration.entering import Entering, Manner
from gateway.migration.following import Changes, Following
from gateway.migration.load import Options
from gateway.migration.loading import Loading, Stopped
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing
from gateway.migration.progress import Silent
from gateway.migration.references import in_order
from gateway.migration.refusals import Refusals
from gateway.migration.removing import Removing
from gateway.migration.report import Report
from gateway.settings import Settings
from tests.conftest import NOW, Make, World
from tests.migration.sides import BASE, OWN, comparison, live_of, verdict

pytestmark = pytest.mark.anyio
TYPES = frozenset(("User", "Group"))
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Sides:
    """A source that is followed into a nevisIDM, with a clock that both share."""

    def __init__(self, source: World, target: World) -> None:
        self.source, self.target = source, target
        self.checkpoint = Checkpoint(None)
        self.told: list[dict[str, Any]] = []
        self.now = NOW
        for world in (source, target):
            world.box.store.clock = self._clock
        self.following = Following(
            live_of(source),
            self.checkpoint,
            self._load,
            Removing(target.context, BASE),
            lambda kinds: in_order(kinds, target.context.mappings),
            self.told.append,
            only=TYPES,
            whole=lambda kind: kind == "Group",
        )

    def _clock(self) -> datetime:
        return self.now

    async def _load(self, changes: Changes) -> Report:
        mappings = self.target.context.mappings
        self.checkpoint.begin()
        loading = Loading(
            changes,
            self.checkpoint,
            Preparing(mappings, Dropping(OWN)),
            Entering(self.target.context, Manner(base=BASE), self.checkpoint.salt),
            Pace(8),
            Refusals(None),
            Silent(),
            lambda kinds: in_order(kinds, mappings),
            only=TYPES,
        )
        report = await loading.run()
        self.checkpoint.end()
        return report

    async def round(self, *, sweep: bool = False, minutes: int = 10) -> dict[str, Any]:
        """One round, some time later; what it told, and what it wrote."""
        self.now += timedelta(minutes=minutes)
        journal = self.target.box.journal
        journal.clear()
        journal.on = True
        await self.following.round(sweep=sweep)
        journal.on = False
        return self.told[-1] | {"writes": [each for each in journal() if each.method != "GET"]}

    async def patch(self, path: str, *operations: dict[str, Any]) -> None:
        answer = await self.source.send("PATCH", f"/admin/v1{path}", {"schemas": [PATCH], "Operations": operations})
        assert answer.status_code == 200, answer.text

    async def same(self) -> bool:
        """Whether a comparison finds nothing."""
        doing = comparison(self.target, live_of(self.source), self.checkpoint, drop=OWN)
        doing.only = TYPES
        found = await verdict(doing)
        assert found.same, list(found.lines())
        return True


@pytest.fixture
async def sides(make_world: Make) -> Sides:
    return Sides(await make_world(users=8), await make_world(users=0))


async def test_rounds_bring_what_changed_and_nothing_else(sides: Sides) -> None:
    first = await sides.round()
    assert (first["since"], first["created"], first["refused"]) == (None, 10, 0)
    assert await sides.same()
    quiet = await sides.round()
    assert quiet["writes"] == []
    assert quiet["since"] == first["at"]
    await sides.patch("/Users/u-1003", {"op": "replace", "path": "title", "value": "Clerk"})
    changed = await sides.round()
    assert (changed["changed"], changed["created"], len(changed["writes"])) == (1, 0, 1)
    assert await sides.same()
    again = await sides.round(minutes=0)  # the overlap shows the same person once more
    assert (again["changed"], again["writes"]) == (0, [])
    made = await sides.source.send(
        "POST",
        "/admin/v1/Users",
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "newcomer",
            "name": {"givenName": "New", "familyName": "Comer"},
            "emails": [{"type": "work", "primary": True, "value": "new@example.org"}],
        },
    )
    assert made.status_code == 201
    assert (await sides.round())["created"] == 1
    assert await sides.same()


async def test_what_no_change_dates_comes_with_a_sweep(sides: Sides) -> None:
    await sides.round()
    await sides.patch("/Groups/communicator", {"op": "add", "path": "members", "value": [{"value": "u-1005"}]})
    sides.checkpoint.forget("User", "u-1007")  # as if it had been overlooked
    assert (await sides.round())["writes"] == []
    swept = await sides.round(sweep=True)
    assert swept["gone"] == 0
    assert [each.method for each in swept["writes"] if "eauthorizations" in each.path] == ["POST"]
    assert sides.checkpoint.id_of("User", "u-1007") is not None
    assert await sides.same()


async def test_who_is_gone_stays_or_is_disabled_or_deleted_as_was_said(sides: Sides) -> None:
    await sides.round()
    ids = {each: sides.checkpoint.id_of("User", each) for each in ("u-1003", "u-1006")}
    assert (await sides.source.send("DELETE", "/admin/v1/Users/u-1003")).status_code == 204
    kept = await sides.round(sweep=True)
    assert (kept["gone"], kept["deleted"], kept["writes"]) == (1, 0, [])
    sides.following.deletes = "disable"
    disabled = await sides.round(sweep=True)
    assert (disabled["gone"], disabled["deleted"]) == (1, 1)
    left = await sides.target.send("GET", f"/scim/v2/Users/{ids['u-1003']}")
    assert left.json()["active"] is False
    assert (await sides.round(sweep=True))["gone"] == 0
    sides.following.deletes = "delete"
    assert (await sides.source.send("DELETE", "/admin/v1/Users/u-1006")).status_code == 204
    assert (await sides.round(sweep=True))["deleted"] == 1
    assert (await sides.target.send("GET", f"/scim/v2/Users/{ids['u-1006']}")).status_code == 404


async def test_more_that_are_gone_than_can_be_meant_stop_it(sides: Sides) -> None:
    await sides.round()
    sides.following.deletes, sides.following.most_deletes = "delete", 2
    for number in (1003, 1006, 1007):
        assert (await sides.source.send("DELETE", f"/admin/v1/Users/u-{number}")).status_code == 204
    with pytest.raises(Stopped, match="nothing was taken away"):
        await sides.round(sweep=True)
    assert (await sides.target.send("GET", "/scim/v2/Users?count=0")).json()["totalResults"] == 10


async def test_a_gateway_does_not_follow_itself_and_a_file_is_not_followed() -> None:
    settings = Settings(nevisidm={"url": "https://idm.example"}, base_url="https://scim.example")  # type: ignore[arg-type]
    for source, says in (("scim+https://SCIM.example/admin/v1", "itself"), ("people.jsonl", "live source")):
        with pytest.raises(ConfigError, match=says):
            await delta(settings, Tracking(Options(source)))
