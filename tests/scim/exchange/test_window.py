"""Pages inside an attribute: `attributes=emails[startIndex=1&count=10]`."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import ScimError
from gateway.scim.dialect import RFC
from gateway.scim.project import bind_wanted, demand, project
from gateway.scim.request import Wanted
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr
from gateway.scim.window import Window

EMAILS = [{"value": f"{number}@x", "type": "work" if number % 2 else "home"} for number in range(1, 6)]
NAMES = [f"n{number}" for number in range(1, 6)]


def wanted(person: ResourceType, *names: str) -> Wanted:
    return bind_wanted(names, (), frozenset(), person)


def shown(person: ResourceType, *names: str) -> Any:
    seen = {"id": "1", "emails": EMAILS, "nickNames": NAMES}
    return project(seen, wanted(person, *names), person, RFC)


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("startIndex=1&count=2", NAMES[:2]),
        ("startIndex=4&count=10", NAMES[3:]),
        ("count=1&startIndex=2", NAMES[1:2]),
        ("startIndex=3", NAMES[2:]),
        ("count=3", NAMES[:3]),
        ("startIndex=0&count=1", NAMES[:1]),
        (" STARTINDEX = 2 & Count = 1 ", NAMES[1:2]),
    ],
)
def test_a_page_of_the_values_leaves(person: ResourceType, page: str, left: list[str]) -> None:
    assert shown(person, f"nickNames[{page}]")["nickNames"] == left


@pytest.mark.parametrize("page", ["startIndex=6&count=2", "count=0"])
def test_an_empty_page_is_no_attribute(person: ResourceType, page: str) -> None:
    assert "nickNames" not in shown(person, f"nickNames[{page}]")


def test_a_page_has_a_tail(person: ResourceType) -> None:
    assert shown(person, "emails[startIndex=2&count=2].value")["emails"] == [{"value": "2@x"}, {"value": "3@x"}]


def test_a_page_counts_what_the_filter_left(person: ResourceType) -> None:
    answer = shown(person, 'emails[type eq "work"]', "emails[startIndex=2&count=1]")
    assert [each["value"] for each in answer["emails"]] == ["3@x"]


def test_named_without_a_page_too_all_values_leave(person: ResourceType) -> None:
    assert shown(person, "nickNames[count=1]", "nickNames")["nickNames"] == NAMES


def test_two_requests_for_other_pages_do_not_share_what_was_prepared(person: ResourceType) -> None:
    pages = [shown(person, f"nickNames[startIndex={start}&count=1]")["nickNames"] for start in (1, 2, 1)]
    assert pages == [["n1"], ["n2"], ["n1"]]


def test_a_page_demands_the_attribute(person: ResourceType) -> None:
    asked = wanted(person, "nickNames[count=1]")
    assert asked.windows == {Attr("nickNames"): Window(1, 1)}
    assert Attr("nickNames") in demand(asked, person, RFC)


@pytest.mark.parametrize(
    "names",
    [
        ("nickNames[startIndex=1",),
        ("nickNames[startIndex=x]",),
        ("nickNames[startIndex=-1&count=2]",),
        ("nickNames[count=1&count=2]",),
        ("nickNames[count=1&size=2]",),
        ("userName[count=1]",),
        ("nickNames[count=1]", "nickNames[count=2]"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(person: ResourceType, names: tuple[str, ...]) -> None:
    with pytest.raises(ScimError, match="GW113"):
        wanted(person, *names)


def test_a_page_cannot_be_excluded(person: ResourceType) -> None:
    with pytest.raises(ScimError, match="GW113"):
        bind_wanted(None, ("nickNames[count=1]",), frozenset(), person)


def test_the_words_inside_a_text_are_no_page(person: ResourceType) -> None:
    asked = wanted(person, 'emails[value eq "[count=1]"]')
    assert not asked.windows
    assert Attr("emails") in asked.filters
