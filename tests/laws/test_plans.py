"""A plan that is kept, or filled from what was kept, is the one that planning anew would find, whatever was planned before it."""

from __future__ import annotations

import dataclasses
import linecache
from collections.abc import Callable
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ScimError
from gateway.mapping.load import load
from gateway.mapping.model import Mapping
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.planned import planned_search
from gateway.plan.search import plan_search
from gateway.plan.way import SearchPlan
from gateway.scim.binding import bind_filter
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.filter import parse_filter
from gateway.scim.request import Caller, ScimRequest, Wanted
from gateway.scim.tree import Attr, Present

MAPPINGS = [each for each in load(Path(__file__).parents[2] / "mappings").by_name.values() if each.action is None]
[USER] = [each for each in MAPPINGS if each.name == "User"]
ATTRS = (Attr("id"), Attr("userName"), Attr("meta", "created"), Attr("emails"), Attr("displayName"))
CAPABILITIES = (
    Capabilities(),
    Capabilities(query_enabled=False),
    Capabilities(total="walk"),
    Capabilities(offset=False),
)


def request_of(chance: Random, mapping: Mapping) -> ScimRequest:
    """A search without a filter, mostly."""
    include = None if chance.random() < 0.5 else tuple(chance.sample(ATTRS, 2))
    return ScimRequest(
        operation="search",
        type=mapping.type,
        dialect=chance.choice((IDCS, RFC)),
        base="https://scim.example/v2",
        caller=Caller(chance.choice(("one", "other")), "127.0.0.1"),
        request_id=str(chance.random()),
        filter=Present(Attr("id")) if chance.random() < 0.1 else None,
        sort_by=chance.choice((None, *ATTRS)),
        descending=chance.random() < 0.3,
        start_index=chance.choice((1, 1, 51, 10_000)),
        count=chance.choice((0, 1, 50, 5_000)),
        wanted=Wanted(include, (), frozenset(("all",)) if chance.random() < 0.2 else frozenset()),
    )


def outcome(plan: Callable[[], SearchPlan]) -> SearchPlan | tuple[str, str]:
    try:
        return plan()
    except ScimError as error:
        return error.code.code, error.detail


@settings(max_examples=30, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_kept_plan_is_what_planning_anew_finds(chance: Random) -> None:
    for _ in range(6):
        mapping = chance.choice(MAPPINGS)
        request, capabilities = request_of(chance, mapping), chance.choice(CAPABILITIES)
        routes = [route.name for route in mapping.search.routes] if mapping.search is not None else []
        some = frozenset(name for name in routes if chance.random() < 0.3)
        doubts = {name: frozenset(("offset", "limit")) for name in routes if chance.random() < 0.2}

        def doubted(route: str, doubts: dict[str, frozenset[str]] = doubts) -> frozenset[str]:
            return doubts.get(route, frozenset())

        given_ = (request, mapping, capabilities, doubted, some if chance.random() < 0.2 else frozenset())
        bare = some if chance.random() < 0.2 else frozenset()
        kept = outcome(lambda: planned_search(*given_, bare=bare))  # noqa: B023 — called at once
        assert kept == outcome(lambda: plan_search(*given_, bare=bare))  # noqa: B023
        assert kept == outcome(lambda: planned_search(*given_, bare=bare))  # noqa: B023


TEXTS = (
    "anna",
    "bert",
    "AB",
    "X9",
    "Anna",
    "o'Neil",
    "Müller 2",
    "a@b.c",
    "person0007",
    "u-1001",
    "AND",
    "ä",
    ".",
    "a~b",
    "*",
    "work",
    "true",
)
SHAPES = (
    'userName eq "{}"',
    'userName eq "{}" or userName eq "{}"',
    'id eq "{}" and userName sw "{}"',
    'id eq "{}" or id eq "{}"',
    'userName eq "{}" and userName eq "{}"',
    'emails.value eq "{}" and active eq true',
    'emails[type eq "{}" and value eq "{}"]',
    'name.familyName co "{}" and not (title eq "{}")',
    'not (name.givenName sw "{}") or externalId eq "{}"',
    'displayName gt "{}" and meta.created gt "2020-01-01T00:00:00Z"',
    'phoneNumbers.value eq "{}" or emails.value sw "{}"',
    'preferredLanguage eq "{}" and addresses.country eq "{}"',
    'user.value eq "{}"',
    'user.value eq "{}" and displayName eq "{}"',
    'members.value eq "{}" and displayName sw "{}"',
    'name eq "{}" or name eq "{}"',
    'serialNumber eq "{}" and status eq "{}"',
)


def filtered(chance: Random, mapping: Mapping, shape: str, dialect: Dialect) -> ScimRequest | None:
    """A search of this shape with texts of the moment; None where the type has no such attributes."""
    try:
        tree = bind_filter(
            parse_filter(shape.format(chance.choice(TEXTS), chance.choice(TEXTS))), mapping.type, dialect.leniencies
        )
    except ScimError:
        return None
    return dataclasses.replace(
        request_of(Random(1), mapping), dialect=dialect, filter=tree, sort_by=None, wanted=Wanted(None)
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_plan_of_a_shape_is_what_planning_anew_finds(seed: int) -> None:
    chance = Random(seed)
    mapping, dialect, capabilities = (
        chance.choice((USER, chance.choice(MAPPINGS))),
        chance.choice((IDCS, RFC)),
        chance.choice(CAPABILITIES),
    )
    for shape in chance.sample(SHAPES, 6):
        for _ in range(5):
            request = filtered(chance, mapping, shape, dialect)
            if request is not None:
                kept = outcome(lambda: planned_search(request, mapping, capabilities))  # noqa: B023 — called at once
                assert kept == outcome(lambda: plan_search(request, mapping, capabilities))  # noqa: B023


def test_a_shape_that_comes_again_is_not_planned_anew() -> None:
    user = USER
    for name in ("anna", "bert", "carl"):
        tree = bind_filter(parse_filter(f'userName eq "{name}" and active eq true'), user.type)
        request = dataclasses.replace(request_of(Random(1), user), filter=tree, sort_by=None, wanted=Wanted(None))
        plan = planned_search(request, user, Capabilities())
        assert plan == plan_search(request, user, Capabilities())
    assert plan.way is not None
    lines = "plan of one shape"
    assert any(lines in each for each in linecache.cache), "a pattern was written"
