"""The law of cursors: over a directory that does not change, pages by cursor show everybody who fits once, in order, whatever their sizes.

The same tiny nevisIDM and the same naive evaluator as in the law of searching (`test_search.py`), with parameters ignored, offsets and
totals missing, and small pages; some pages are asked of a gateway that has forgotten all it learned before, except the key of its cursors.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.events import SILENT
from gateway.mapping.alias import expand
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.client import Client
from gateway.nevisidm.login import bearer
from gateway.nevisidm.run import Run
from gateway.operation.context import Answer, Context, Tenant, Trust
from gateway.operation.cursor import Cursors
from gateway.operation.walking import search_page
from gateway.scim.binding import bind_filter, bind_sort
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_attr, parse_filter
from gateway.scim.request import Caller, ScimRequest
from tests.laws import test_search as law

LAW = settings(max_examples=80, deadline=None)
KEY = Cursors("k" * 32)
SORTS = (None, None, "id", "meta.created", "userName", "title", "name.familyName")
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def page(said: Any, tiny: Any, cursor: str, count: int, sort: str | None, down: bool, **other: Any) -> Answer:
    """One page, asked of a gateway that knows the key, and nothing else unless it is given its `trust`."""
    mapping = law.shipped().by_name["User"]
    context = Context(
        law.shipped(),
        Client(tiny, "http://tiny", bearer("t")),
        Tenant(other.get("tenant", "100"), "Acme"),
        tiny.caps,
        SILENT,
        now=lambda: law.NOW,
        new_id=lambda: "nobody-has-this",
        cursors=KEY,
        trust=other.get("trust") or Trust(),
    )
    tree = bind_filter(parse_filter(expand(law.spelled(said), mapping.aliases)), mapping.type) if said else None
    by = bind_sort(parse_attr(sort), mapping.type) if sort else None
    caller = Caller(other.get("caller", "law"))
    request = ScimRequest("search", mapping.type, RFC, "https://x", caller, "r", filter=tree, sort_by=by)
    request = dataclasses.replace(request, descending=down, count=count, cursor=cursor)
    return asyncio.run(search_page(request, mapping, context, Run(context.client, "r", SILENT))).plain()


def walked(said: Any, tiny: Any, sizes: list[int], sort: str | None = None, down: bool = False) -> list[Answer]:
    """Every page, of the given sizes again and again; those of odd size from a gateway that remembers."""
    pages: list[Answer] = []
    memory = Trust()
    cursor: str | None = ""
    while cursor is not None:
        assert len(pages) < 200
        count = sizes[len(pages) % len(sizes)]
        pages.append(page(said, tiny, cursor, count, sort, down, trust=memory if count % 2 else Trust()))
        assert len(pages[-1].resources or ()) <= count
        cursor = pages[-1].next_cursor
    return pages


def shown(pages: list[Answer]) -> list[str]:
    return [each["id"] for one in pages for each in one.resources or ()]


def rank(person: Any, sort: str) -> Any:
    value = law.SEEN[sort][0](person)[0]
    exact = law.SEEN[sort][1]
    return (value is None, "" if value is None else value if exact else value.lower())


def in_order(people: list[Any], sort: str, down: bool) -> list[str]:
    by_id = sorted(people, key=lambda each: each["extId"])
    return [each["extId"] for each in sorted(by_id, key=lambda each: rank(each, sort), reverse=down)]


@LAW
@given(
    law.people(), st.none() | law.FILTERS, law.CAPABILITIES, law.IGNORED, SIZES, st.sampled_from(SORTS), st.booleans()
)
def test_every_resource_comes_once_and_in_order(
    some: list[Any],
    said: Any,
    caps: Capabilities,
    ignored: frozenset[str],
    sizes: list[int],
    sort: str | None,
    down: bool,
) -> None:
    pages = walked(said, law.Tiny(some, some, caps, ignored - {"sortBy"}), sizes, sort, down)
    fitting = [each for each in some if said is None or law.naive(said, each)]
    if sort is None:
        assert sorted(shown(pages)) == sorted(each["extId"] for each in fitting)
    else:
        assert shown(pages) == in_order(fitting, sort, down)
    assert {one.total for one in pages} <= {len(fitting), None}


@LAW
@given(law.people(most=3 * law.SCAN), st.none() | law.FILTERS, law.CAPABILITIES, law.IGNORED, SIZES)
def test_what_is_too_many_by_index_is_walked_through(
    some: list[Any], said: Any, caps: Capabilities, ignored: frozenset[str], sizes: list[int]
) -> None:
    pages = walked(said, law.Tiny(some, some, caps, ignored), sizes)
    assert sorted(shown(pages)) == sorted(each["extId"] for each in some if said is None or law.naive(said, each))


@settings(max_examples=30, deadline=None)
@given(law.people(most=3 * law.SCAN), st.integers(1, 5), st.data())
def test_who_comes_and_goes_moves_nobody_else(some: list[Any], size: int, data: st.DataObject) -> None:
    tiny = law.Tiny(some, some, Capabilities(), frozenset())
    seen: list[str] = []
    gone: set[str] = set()
    cursor: str | None = ""
    while cursor is not None:
        one = page(None, tiny, cursor, size, None, False)
        seen += [each["id"] for each in one.resources or ()]
        cursor = one.next_cursor
        left = [each for each in tiny.people if each not in seen[-1:]]
        if left and data.draw(st.booleans()):
            gone.add(data.draw(st.sampled_from(left)))
            tiny.people = {name: each for name, each in tiny.people.items() if name not in gone}
    assert len(seen) == len(set(seen))
    assert {each["extId"] for each in some} - gone <= set(seen)


def someone(number: int) -> Any:
    return {
        **{"extId": f"u{number}", "loginId": f"a{number}", "version": 1, "userState": "active", "unit": "x"},
        **{"created": law.MOMENTS[0], "lastModified": law.MOMENTS[0], "properties": {}},
        **{"name": {"familyName": "a"}, "contacts": {"email": None}},
    }


MANY = [someone(number) for number in range(9)]


def first(**other: Any) -> str:
    found = page(
        ("userName", "sw", "a"), law.Tiny(MANY, MANY, Capabilities(), frozenset()), "", 2, None, False, **other
    )
    assert found.next_cursor is not None
    return found.next_cursor


@pytest.mark.parametrize(
    ("said", "sort", "down", "other"),
    [
        (("userName", "sw", "b"), None, False, {}),
        (None, None, False, {}),
        (("userName", "sw", "a"), "userName", False, {}),
        (("userName", "sw", "a"), None, True, {}),
        (("userName", "sw", "a"), None, False, {"tenant": "200"}),
        (("userName", "sw", "a"), None, False, {"caller": "another"}),
    ],
)
def test_a_cursor_answers_only_the_question_it_was_made_for(
    said: Any, sort: str | None, down: bool, other: Any
) -> None:
    tiny = law.Tiny(MANY, MANY, Capabilities(), frozenset())
    with pytest.raises(BadRequest) as caught:
        page(said, tiny, first(), 2, sort, down, **other)
    assert caught.value.code.code == "GW122"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_other_text_is_a_cursor(data: st.DataObject) -> None:
    cursor = first()
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_=. %é"))
    changed = data.draw(
        st.sampled_from([cursor[:place] + letter + cursor[place + 1 :], cursor[:place], cursor + letter, letter * 9000])
    )
    if changed.rstrip("=") in (cursor, ""):
        return
    tiny = law.Tiny(MANY, MANY, Capabilities(), frozenset())
    if changed[:-1] == cursor[:-1] and len(changed) == len(cursor):
        return  # the last letter of base64 may have bits that mean nothing
    with pytest.raises(BadRequest) as caught:
        page(("userName", "sw", "a"), tiny, changed, 2, None, False)
    assert caught.value.code.code == "GW122"
