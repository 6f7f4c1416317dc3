"""A plan that is kept is the one that planning anew would find, whatever was planned before it."""

from __future__ import annotations

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
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.request import Caller, ScimRequest, Wanted
from gateway.scim.tree import Attr, Present

MAPPINGS = [each for each in load(Path(__file__).parents[2] / "mappings").by_name.values() if each.action is None]
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
