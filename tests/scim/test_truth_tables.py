"""Filters over the sample people have the answers that `truth.txt` foretells, in both dialects, over the whole gateway.

The table was written by reasoning from who the people are, so it can disagree with the gateway; it says itself how it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import BadRequest
from gateway.sandbox.people import APP_PASSWORDS
from gateway.sandbox.people_first import FIRST
from gateway.scim.filter import parse_filter
from gateway.scim.tree import And, Compare, Filter, Not, Or, Present, Within

URNS = {
    "core": "urn:ietf:params:scim:schemas:core:2.0:User",
    "nevis": "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User",
    "ent": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "idcs": "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User",
}
IDS = {login: f"u-{number}" for number, (login, *_) in enumerate(FIRST, 1001)} | {
    app: f"app-{app}" for app in APP_PASSWORDS
}
REFUSALS = {"refused": (400, "invalidFilter"), "hidden": (400, "invalidFilter")}
EVERY = {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"}


@dataclass(frozen=True)
class Row:
    """One line of the table: the filter as it is sent, and the ids of those that fit, or the word for a refusal."""

    line: int
    filter: str
    expected: frozenset[str] | str


def rows() -> Iterator[Row]:
    lines = Path(__file__).with_name("truth.txt").read_text(encoding="utf-8").splitlines()
    told = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    for (number, text), (_, answer) in zip(told[::2], told[1::2], strict=True):
        assert not text.startswith(" "), f"line {number}: a filter was expected"
        assert answer.startswith("    "), f"line {number}: its answer must follow"
        yield Row(number, spelt_out(text), people(answer.split()))


def spelt_out(text: str) -> str:
    return re.sub(rf"(?<![\w:])({'|'.join(URNS)}):(?=\w)", lambda found: f"{URNS[found[1]]}:", text)


def people(words: list[str]) -> frozenset[str] | str:
    match words:
        case ["nobody"]:
            return frozenset()
        case ["refused" | "hidden" as word]:
            return word
        case ["everybody"]:
            return frozenset(IDS.values())
        case ["everybody", "but", *others]:
            return frozenset(IDS.values()) - {IDS[name] for name in others}
    return frozenset(IDS[name] for name in words)


TABLE = list(rows())


@pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
async def test_every_filter_has_the_answer_of_the_table(root: str, make_world: Any) -> None:
    world = await make_world()
    wrong = [told for row in TABLE if (told := await disagreement(world, root, row))]
    assert not wrong, "\n".join(["", *wrong])


async def disagreement(world: Any, root: str, row: Row) -> str | None:
    """How the answer differs from the table; None where it does not."""
    reply = await world.client.get(f"{root}/Users", params={"filter": row.filter, "count": 100, "attributes": "id"})
    said = reply.json()
    label = f"truth.txt:{row.line} {row.filter}: "
    if isinstance(row.expected, str):
        status, kind = REFUSALS[row.expected]
        right = reply.status_code == status and said.get("scimType", kind) == kind
        return None if right else f"{label}{row.expected}, not {reply.status_code} {said.get('scimType')}"
    if reply.status_code != 200:
        return f"{label}{reply.status_code} {said['detail']}"
    shown = [person["id"] for person in said["Resources"]]
    if said["totalResults"] != len(shown) or len(set(shown)) != len(shown):
        return f"{label}{said['totalResults']} in all, {len(shown)} shown"
    more, less = sorted(set(shown) - row.expected), sorted(row.expected - set(shown))
    return f"{label}too many {more}, too few {less}" if more or less else None


KINDS = {
    "userName": "string", "id": "exact string", "active": "boolean", "meta.created": "dateTime",
    "phoneNumbers.value": "one of several", "emails.value": "one of several", "phoneNumbers": "one of several",
}  # fmt: skip


def test_the_table_tries_every_operator_on_every_kind_of_attribute() -> None:
    tried: dict[str, set[str]] = {kind: set() for kind in KINDS.values()}
    for row in TABLE:
        try:
            tree = parse_filter(row.filter)
        except BadRequest:
            continue
        for attr, op in conditions(tree):
            if kind := KINDS.get(attr):
                tried[kind].add(op)
    assert tried == dict.fromkeys(KINDS.values(), EVERY)


def conditions(tree: Filter) -> Iterator[tuple[str, str]]:
    match tree:
        case Compare(attr, op, _):
            yield str(attr), op
        case Present(attr):
            yield str(attr), "pr"
        case Not(term) | Within(_, term):
            yield from conditions(term)
        case And(terms) | Or(terms):
            for term in terms:
                yield from conditions(term)
