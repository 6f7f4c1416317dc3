"""docs/user.md: every attribute that IDCS has for a user is mapped, or docs/user.yaml says why not; what is not is refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from gateway.mapping.leaf import Leaf
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mapping as User
from gateway.mapping.records import storage
from gateway.nevisidm.template import Template
from gateway.scim.dialect import IDCS
from gateway.scim.finish import server_made
from gateway.scim.tree import Attr
from tests.house.page import DOCS, Page, table

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
Path = tuple[str, str]
"""A schema and an attribute or `attribute.sub` of it."""


@cache
def facts() -> Any:
    return yaml.safe_load((DOCS / "user.yaml").read_text(encoding="utf-8"))


@cache
def user() -> User:
    return load(find_mappings()).by_name["User"]


def listed() -> Iterator[Path]:
    """Every attribute of IDCS that has no sub-attributes, and every sub-attribute."""
    for urn, lines in facts()["schemas"].items():
        for line in lines:
            if isinstance(line, list):
                yield from ((urn, name) for name in line)
            else:
                yield from ((urn, f"{name}.{sub}") for name, subs in line.items() for sub in subs)


def own() -> Iterator[Path]:
    """What the mapping has besides."""
    known = set(listed())
    for urn, tops in {CORE: user().type.core, **user().type.extensions}.items():
        for top in tops.values():
            names = [f"{top.name}.{sub.name}" for sub in top.subs.values()] or [
                f"{top.name}.*" if top.open else top.name
            ]
            yield from ((urn, name) for name in names if (urn, name) not in known and name not in ("schemas",))


def decision(path: Path) -> str:
    """Where the attribute is kept or what it is made of; else why it is not."""
    urn, name = path
    attr = Attr(*name.partition(".")[::2], urn=None if urn == CORE else urn)
    attr = Attr(attr.name, attr.sub or None, attr.urn)
    found = list(dict.fromkeys(kept(attr)))
    if found:
        return "; ".join(found)
    if path not in reasons() and (server_made(attr.name, IDCS) or attr.name in ("id", "meta")):
        return "the gateway's own"
    assert path in reasons(), f"{urn} {name} is neither mapped nor is there a reason in docs/user.yaml"
    return f"*not held:* {reasons()[path]}"


@cache
def reasons() -> Mapping[Path, str]:
    """Why an attribute is not held: its own reason, else that of its parent, else that of its schema."""
    because = facts()["because"]
    found = {}
    for urn, name in listed():
        prefix = "" if urn == CORE else f"{urn}:"
        keys = (f"{prefix}{name}", f"{prefix}{name.partition('.')[0]}", urn)
        reason = next((because[key] for key in keys if key in because), None)
        if reason is not None:
            found[urn, name] = reason
    return found


def kept(attr: Attr) -> Iterator[str]:
    parent = Attr(attr.name, None, attr.urn)
    if attr in user().leaves:
        yield told(user().leaves[attr])
    for slot in user().slots[parent].slots if parent in user().slots else ():
        if attr.sub in slot.leaves:
            yield f"{slot.constants.get('type', '')}: {told(slot.leaves[attr.sub])}"
        elif attr.sub in slot.constants or attr.sub == "primary":
            yield "says which place it is"
    if parent in user().each and attr.sub in user().each[parent].leaves:
        yield f"each: {told(user().each[parent].leaves[attr.sub])}"


def told(leaf: Leaf) -> str:
    """A field, a property, or what the value is made of."""
    if leaf.first is None:
        origin = leaf.origin.get("")
        return f"made: `{origin.text if isinstance(origin, Template) else origin}`"
    place = storage(user(), leaf.first)
    if place.record == "user" and place.keys[:1] == ("properties",) and not place.open:
        return f"property `{place.keys[1]}`"
    return f"{'field' if place.record == 'user' else 'record'} `{place}`"


def test_the_page_says_what_becomes_of_every_attribute(page: Callable[[str], Page]) -> None:
    parts = []
    for urn in dict.fromkeys([*facts()["schemas"], *user().type.extensions]):
        rows = [[f"`{name}`", decision(path)] for path in (*listed(), *own()) if path[0] == urn for name in [path[1]]]
        held = [row for row in rows if not row[1].startswith("*not held")]
        if held or len({row[1] for row in rows}) > 1:
            parts.append(f"## {urn}\n\n{table(['attribute', 'becomes'], rows)}\n")
        else:
            names = ", ".join(row[0] for row in rows)
            parts.append(f"## {urn}\n\n{rows[0][1]} ({names}).\n")
    page("user.md").holds("attributes", "\n".join(parts))


def test_every_reason_is_about_something() -> None:
    about = {key for urn, name in listed() for prefix in ["" if urn == CORE else f"{urn}:"]
             for key in (f"{prefix}{name}", f"{prefix}{name.partition('.')[0]}", urn)}  # fmt: skip
    assert set(facts()["because"]) <= about


def test_there_is_a_list_of_every_schema_and_no_attribute_twice() -> None:
    found = list(listed())
    assert len(found) == len(set(found)) > 250


UNHELD = sorted(
    {
        (urn, name.partition(".")[0])
        for urn, name in listed()
        if not server_made(name.partition(".")[0], IDCS)
        and name.partition(".")[0] not in ("id", "meta")
        and user().type.attribute(Attr(name.partition(".")[0], urn=None if urn == CORE else urn)) is None
    }
)


@pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
async def test_what_is_not_held_is_refused_by_its_name(root: str, world: Any) -> None:
    address = f"{root}/Users/u-1001"
    before = (await world.send("GET", address)).json()
    for urn, name in UNHELD:
        path = name if urn == CORE else f"{urn}:{name}"
        body = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": path, "value": "x"}]}
        answer = await world.send("PATCH", address, body)
        assert answer.status_code == 400, path
        assert name in answer.json()["detail"], (path, answer.text)
        tree = {name: "x"} if urn == CORE else {urn: {name: "x"}}
        answer = await world.send("PUT", address, {**before, **tree})
        assert answer.status_code == 400, path
        assert any(each in answer.json()["detail"] for each in (name, urn)), (path, answer.text)
    assert (await world.send("GET", address)).json() == before
    assert len(UNHELD) > 40
