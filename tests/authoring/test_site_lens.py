"""Lenses of a site's own, from a distribution that is really installed: the one of the page, and some that break the laws."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.mapping.interpreter import interpreted
from gateway.mapping.lenses import build_lens
from gateway.mapping.lint import lint
from gateway.mapping.load import load
from gateway.mapping.scene import Scene
from gateway.mapping.straight import straight
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.search import plan_search
from gateway.plan.spoken import push_of
from gateway.scim.binding import bind_filter
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_filter
from gateway.scim.request import Caller, ScimRequest
from tests.house.test_pages import all_blocks

OTHERS = """

class Prefixed:
    examples = [("x-a", "a")]

    def __init__(self, prefix="x-"):
        self.prefix = prefix

    def get(self, stored):
        return stored.removeprefix(self.prefix)

    def put(self, shown):
        return self.prefix + shown


class Bare:
    def get(self, stored):
        return stored


class Lossy(Prefixed):
    def put(self, shown):
        return shown


class Deaf(Prefixed):
    def ask(self, op, value):
        return (op, value)


class Wrong(Prefixed):
    examples = [("x-a", "b")]


class Crash(Prefixed):
    def get(self, stored):
        return stored["no"]


class NoLens:
    pass
"""
CLASSES = ("Prefixed", "Bare", "Lossy", "Deaf", "Wrong", "Crash", "NoLens")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution on the path, as an installer leaves it; its module is the page's."""
    [code] = [block.text for block in all_blocks("python") if block.page.name == "mapping-format.md"]
    [points] = [block.text for block in all_blocks("toml") if block.page.name == "mapping-format.md"]
    group = points.partition('"')[2].partition('"')[0]
    named = points.partition("\n")[2].replace('"', "").replace(" ", "")
    site = tmp_path / "site"
    info = site / "our_lenses-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "our_lenses.py").write_text(code + OTHERS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: our-lenses\nVersion: 1.0\n")
    others = "".join(f"{name.lower()} = our_lenses:{name}\n" for name in CLASSES)
    (info / "entry_points.txt").write_text(f"[{group}]\n{named}{others}gone = no_such_module:Lens\n")
    monkeypatch.syspath_prepend(str(site))
    yield
    import sys

    sys.modules.pop("our_lenses", None)


def with_lens(folder: Path, spec: str) -> list[str]:
    text = (folder / "Person.yaml").read_text()
    line = f"  ahv: {{ idm: user.remarks, as: {spec} }}\n  roles.value:"
    (folder / "Person.yaml").write_text(text.replace("  roles.value:", line))
    return [str(each).partition(" ")[2] for each in lint(folder)]


@pytest.mark.usefixtures("installed")
def test_the_lens_of_the_page_is_clean_and_shown_alike_by_both_views(folder: Path) -> None:
    assert with_lens(folder, "ahv") == []
    mapping = load(folder).by_name["Person"]
    scene = Scene(datetime.now(UTC), "", {})
    for stored, shown in (("7569217076985", "756.9217.0769.85"), ("unknown", None), (None, None)):
        records = {"user": {"extId": "u1", "loginId": "p-1", "remarks": stored}}
        for view in (interpreted(mapping), straight(mapping, None, frozenset())):
            assert view(records, scene).get("ahv") == shown


@pytest.mark.usefixtures("installed")
async def test_it_is_read_written_refused_and_asked(make_world: Callable[..., Awaitable[Any]], tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    line = "attributes: { description: { as: ahv, search: { index: none } } }"
    (folder / "User.yaml").write_text(f"format: 1\nextends: builtin:User\n{line}\n")
    world = await make_world(users=3, mappings=folder)

    def patch(value: str) -> dict[str, Any]:
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        return {"schemas": schemas, "Operations": [{"op": "replace", "path": "description", "value": value}]}

    refused = await world.send("PATCH", "/scim/v2/Users/u-1001", patch("12"))
    assert (refused.status_code, "756.9217.0769.85" in refused.json()["detail"]) == (400, True)
    done = await world.send("PATCH", "/scim/v2/Users/u-1001", patch("756.9217.0769.85"))
    assert done.json()["description"] == "756.9217.0769.85"
    plan = trial_push(folder, 'description eq "756.9217.0769.85"')
    assert "remarks_IEQ=7569217076985" in plan
    for op, value in (("eq", "756.9217.0769.85"), ("sw", "756.92"), ("co", ".0769.")):
        found = await world.send("GET", f'/scim/v2/Users?filter=description {op} "{value}"')
        assert [each["id"] for each in found.json()["Resources"]] == ["u-1001"], op


def trial_push(folder: Path, filter_: str) -> str:
    """What nevisIDM is asked for a filter, as `explain` says it."""
    mapping = load(folder).by_name["User"]
    tree = bind_filter(parse_filter(filter_), mapping.type)
    request = ScimRequest("search", mapping.type, RFC, "http://x", Caller("t"), "t", filter=tree)
    return str(push_of(plan_search(request, mapping, Capabilities(query_enabled=False))))


@pytest.mark.usefixtures("installed")
def test_a_setting_is_given_and_a_list_of_lenses_takes_it() -> None:
    lens = build_lens({"lens": "prefixed", "with": "CH-"})
    assert (lens.get("CH-7", datetime.min), lens.put("7", None)) == ("7", "CH-7")
    assert build_lens(["prefixed", "upper"]).get("x-a", datetime.min) == "A"


FAULTS = {
    "bare": "it has no `examples`",
    "lossy": "'a' is written as 'a', and the example says 'x-a'",
    "deaf": 'asked for eq "a" it looks for eq "a", which \'x-a\' is not',
    "wrong": "'x-a' is shown as 'a', and the example says 'b'",
    "crash": "raises TypeError",
    '{ lens: prefixed, with: "y-" }': "'x-a' is shown as 'x-a'",
    "[crash, upper]": "raises TypeError",
}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("spec", FAULTS)
def test_a_lens_that_breaks_a_law_is_found(spec: str, folder: Path) -> None:
    found = with_lens(folder, spec)
    assert found
    assert all(each.startswith("M315 the lens") for each in found)
    assert any(FAULTS[spec] in each for each in found), found


UNKNOWN = {
    "ahw": 'unknown lens "ahw", did you mean "ahv"?',
    "zzz": "bare, crash, deaf",
    "nolens": "is no lens: it has no `get`",
    "gone": "cannot be made: ModuleNotFoundError",
    "{ lens: ahw }": 'did you mean "ahv"?',
    "{ lens: upper }": "write `as: upper`",
    "{ lens: ahv, prefix: x }": 'has no setting "prefix"',
    "{ lens: ahv, with: 756 }": "cannot be made: TypeError",
}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("spec", UNKNOWN)
def test_what_is_no_lens_is_refused_with_the_nearest(spec: str, folder: Path) -> None:
    found = with_lens(folder, spec)
    assert any(each.startswith("M103 ") and UNKNOWN[spec] in each for each in found), found


def test_without_the_distribution_the_name_is_unknown(folder: Path) -> None:
    [finding] = with_lens(folder, "ahv")
    assert 'unknown lens "ahv"' in finding
