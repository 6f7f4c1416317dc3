"""What a comparison finds: who is missing, extra or different, what nevisIDM cannot hold, and what cannot be compared; without values."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateway.migration.checkpoint import Checkpoint
from gateway.migration.row import Row, Unreadable
from gateway.migration.verdict import Marks
from tests.conftest import Make, World
from tests.migration.sides import OWN, Listed, comparison, planted, report_of, rows_of, verdict

pytestmark = pytest.mark.anyio
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
async def world(make_world: Make) -> World:
    return await make_world(users=12)


@pytest.fixture
async def rows(world: World) -> list[Row]:
    return [each for each in await rows_of(world, "User", "Group") if isinstance(each, Row)]


def known(rows: list[Row]) -> Checkpoint:
    """A checkpoint as a load would have left it, had every row kept its id."""
    checkpoint = Checkpoint(None)
    for each in rows:
        checkpoint.note(each.type, each.key, "done", each.key)
    return checkpoint


def changed(rows: list[Row], key: str, **values: Any) -> list[Row]:
    """The rows, one of them with other values."""
    return [
        dataclasses.replace(each, resource={**copy.deepcopy(dict(each.resource)), **values})
        if each.key == key
        else each
        for each in rows
    ]


async def patch(world: World, path: str, *operations: dict[str, Any]) -> None:
    answer = await world.send("PATCH", f"/admin/v1{path}", {"schemas": [PATCH], "Operations": operations})
    assert answer.status_code == 200, answer.text


async def test_nothing_differs_and_the_proof_says_so(world: World, rows: list[Row]) -> None:
    found = await verdict(comparison(world, Listed(list(rows)), known(rows), extra=True, drop=OWN))
    assert found.same, list(found.lines())
    assert found.proof().startswith("Nothing differs: User 14/14 ")
    assert " on both sides" in found.proof()


async def test_what_scim_calls_equal_does_not_differ(world: World, rows: list[Row]) -> None:
    row = next(each for each in rows if each.key == "u-1010")
    spelt = copy.deepcopy(dict(row.resource))
    spelt["userName"] = spelt["userName"].upper()
    spelt["phoneNumbers"] = [
        {**each, "primary": False, "value": each["value"].replace("+41", "0041 (0)")}
        for each in reversed(spelt["phoneNumbers"])
    ]
    spelt["emails"] = [{**each, "value": each["value"].title()} for each in spelt["emails"]]
    spelt["nickName"] = ""
    found = await verdict(comparison(world, Listed([dataclasses.replace(row, resource=spelt)]), known(rows), drop=OWN))
    assert planted(found, "User") == []
    assert found.same, list(found.lines())


async def test_every_kind_of_difference_is_told_apart(world: World, rows: list[Row], tmp_path: Path) -> None:
    await patch(world, "/Users/u-1003", {"op": "replace", "path": "timezone", "value": "Added"})
    await patch(world, "/Users/u-1004", {"op": "replace", "path": "name.familyName", "value": "Other"})
    assert (await world.send("DELETE", "/admin/v1/Users/u-1006")).status_code == 204
    stranger = next(each for each in rows if each.key == "u-1007")
    rows = [each for each in rows if each is not stranger]
    rows = changed(rows, "u-1005", title="Boss")
    rows = changed(rows, "u-1008", emails=[{"type": "pigeon", "value": "x@example.org"}])
    rows = changed(
        rows, "u-1009", emails=[{"type": "work", "primary": True, "value": "v@example.org", "verified": True}]
    )
    rows = changed(rows, "u-1010", shoeSize=44)
    unread: list[Row | Unreadable] = [Unreadable("people:7", "The line is not JSON."), *rows]
    doing = comparison(world, Listed(unread), known(rows), extra=True, drop=(*OWN, "externalId"), tells=Marks())
    found = await verdict(doing)
    sums = found.sums["User"]
    assert sums.fates == {"same": 6, "different": 5, "missing": 1, "refused": 2}
    assert sums.extra == 1
    report = report_of(found, tmp_path)
    by_key = {each["key"]: each for each in report["rows"] if each["type"] == "User"}
    told = {key: [(one["path"], one["what"]) for one in each["differences"]] for key, each in by_key.items()}
    assert told["u-1003"] == [("timezone", "extra")]
    assert told["u-1004"] == [("name.familyName", "different")]
    assert told["u-1005"] == [("title", "different" if ("title", "different") in told["u-1005"] else "missing")]
    assert by_key["u-1006"]["is"] == "missing"
    assert ('emails[type eq "work"].value', "extra") in told["u-1008"]
    assert ("emails[no place]", "missing") in told["u-1008"]
    assert told["u-1009"] == [('emails[type eq "work"].value', "different")]
    assert by_key["u-1010"]["is"] == "refused"
    assert "shoeSize" in by_key["u-1010"]["differences"][0]["why"]
    assert by_key[None] == {
        "type": "User",
        "key": None,
        "id": "u-1007",
        "place": None,
        "is": "extra",
        "differences": [],
    }
    assert by_key["people:7"]["is"] == "refused"
    assert report["not_mapped"]["User"]["emails.verified"] == 1
    assert not report["same"]
    text = (tmp_path / "report.json").read_text()
    for value in ("Added", "Other", "Boss", "v@example.org"):
        assert value not in text, "a value is personal data, and nobody asked for it"
    one = by_key["u-1004"]["differences"][0]
    assert one["nevis"]["characters"] == len("Other")
    assert one["source"]["mark"] != one["nevis"]["mark"]


async def test_members_are_compared_from_both_ends(world: World, rows: list[Row]) -> None:
    employee = next(each for each in rows if each.key == "employee")
    members = [each["value"] for each in employee.resource["members"]]
    outsider = next(each.key for each in rows if each.type == "User" and each.key not in members)
    await patch(world, "/Groups/employee", {"op": "add", "path": "members", "value": [{"value": outsider}]})
    await patch(world, "/Groups/employee", {"op": "remove", "path": f'members[value eq "{members[0]}"]'})
    for kinds in (("User", "Group"), ("Group",)):  # of groups alone, each is asked for its members
        found = await verdict(
            comparison(world, Listed([each for each in rows if each.type in kinds]), known(rows), drop=OWN)
        )
        assert planted(found, "Group") == [("members", "extra"), ("members", "missing")]
        assert not found.same


async def test_without_a_checkpoint_names_tell_who_is_whom(make_world: Make) -> None:
    world = await make_world(users=21)
    rows = [each for each in await rows_of(world, "User") if isinstance(each, Row)]
    renamed = [
        dataclasses.replace(each, key=f"idcs-{each.key}") for each in rows if each.key in ("u-1003", "u-1004", "u-1020")
    ]
    doing = comparison(world, Listed(list(renamed)), drop=OWN)
    found = await verdict(doing)
    assert found.sums["User"].fates == {
        "same": 2,
        "refused": 1,
    }  # u-1020 and another differ in the case of their names only
    assert doing.id_of("User", "idcs-u-1003") == "u-1003"


async def test_a_row_that_comes_twice_counts_once_as_it_came_last(world: World, rows: list[Row]) -> None:
    row = next(each for each in rows if each.key == "u-1003")
    (stale,) = changed([row], "u-1003", title="Before")
    found = await verdict(comparison(world, Listed([stale, row]), known(rows), drop=OWN))
    assert found.sums["User"].source == 1


async def test_what_moved_while_it_was_compared_is_looked_at_again(world: World, rows: list[Row]) -> None:
    source = Listed([next(each for each in rows if each.key == "u-1003")])
    (stale,) = changed([each for each in source.held if isinstance(each, Row)], "u-1003", title="Before")
    fresh = source.held
    source.held = [stale]

    async def again(type: str, key: str) -> Row | Unreadable | None:  # noqa: A002
        assert (type, key) == ("User", "u-1003")
        return fresh[0] if isinstance(fresh[0], Row) else None

    source.again = again  # type: ignore[method-assign]
    found = await verdict(comparison(world, source, known(rows), drop=OWN))
    assert found.same, list(found.lines())
