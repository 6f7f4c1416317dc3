"""What tests of plans share: the shipped mappings, two more that walk and lead, and a way to ask for a plan in one line."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.mapping.alias import expand
from gateway.mapping.folder import read_folder
from gateway.mapping.inherit import find_mappings
from gateway.mapping.model import Mapping as Type
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.search import plan_search
from gateway.plan.way import SearchPlan
from gateway.scim.binding import bind_filter, bind_sort
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_attr, parse_filter
from gateway.scim.request import Caller, ScimRequest, Wanted
from gateway.scim.tree import Attr

# mapping-format 12.1 has `name.familyName sw "Je"` pushed, so its installation compares `_SW` without case
USUAL = Capabilities(sw="ignore_case")
Plan = Callable[..., SearchPlan]


@functools.cache
def _types() -> Mapping[str, Type]:
    walking = read_folder(Path(__file__).parent / "mappings").mappings()
    return {**read_folder(find_mappings()).mappings().by_name, **walking.by_name}


@pytest.fixture
def types() -> Mapping[str, Type]:
    """User, the credentials, and the example mappings Group and Grant of the design, by name."""
    return _types()


@pytest.fixture
def request_for() -> Callable[..., ScimRequest]:
    """A search: filter with aliases, type, sortBy, attributes wanted, and whatever else a request has."""

    def make(text: str = "", name: str = "User", *, sort: str = "", include: str = "", **more: Any) -> ScimRequest:
        mapping = _types()[name]
        kind = mapping.type
        tree = bind_filter(parse_filter(expand(text, mapping.aliases)), kind) if text else None
        by = bind_sort(parse_attr(sort), kind) if sort else None
        named = tuple(Attr(*each.split(".")) for each in include.split(",")) if include else None
        caller = Caller("tests")
        return ScimRequest(
            "search",
            kind,
            RFC,
            "https://x/scim/v2",
            caller,
            "r1",
            filter=tree,
            sort_by=by,
            wanted=Wanted(named),
            **more,
        )

    return make


@pytest.fixture
def plan(request_for: Callable[..., ScimRequest]) -> Plan:
    """The plan of a filter; `doubted`, `closed`, `bare`, `confirmed` as `plan_search` takes them, `with_` changes capabilities."""

    def make(text: str = "", name: str = "User", *, with_: dict[str, Any] | None = None, **more: Any) -> SearchPlan:
        known = {key: more.pop(key) for key in ("doubted", "closed", "bare", "confirmed") if key in more}
        known = {
            key: (lambda _, names=value: frozenset(names)) if key in ("doubted", "confirmed") else frozenset(value)
            for key, value in known.items()
        }
        capabilities = dataclasses.replace(USUAL, **(with_ or {}))
        return plan_search(request_for(text, name, **more), _types()[name], capabilities, **known)

    return make
