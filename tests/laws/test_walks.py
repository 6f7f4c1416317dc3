"""The law of walks: whoever is there from the first page to the last comes exactly once, in order, though others come, go and change.

Between any two pages somebody is created, deleted, or changed in what the walk is not sorted by. A walk that cannot keep its word is
refused (invalidCursor) or says tooMany; it never shows anybody twice and never skips anybody. The same over pages by index of a
directory at rest. nevisIDM is the tiny one of `test_search.py`; its order of texts is not RFC 7644's, and many are more than it sorts here.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.nevisidm.capabilities import Capabilities
from gateway.operation.listing import TooMany
from gateway.operation.within import MARKS
from tests.laws import test_cursors as cursors

law = cursors.law
SORTS = ("id", "meta.created", "userName", "name.familyName", "title", None)
SERVER = st.builds(
    Capabilities,
    query_enabled=st.just(False),
    total=st.just("server"),
    max_limit=st.sampled_from([2, 7, 1000]),
)


def write(tiny: Any, data: st.DataObject, number: int, touched: set[str]) -> None:
    """One of: somebody new, somebody gone, somebody changed in what no walk here is sorted by."""
    people = list(tiny.people.values())
    what = data.draw(st.sampled_from(["create", "delete", "change"]))
    if what == "create":
        one = {
            **data.draw(law.people(most=1).filter(bool))[0],
            "extId": f"{data.draw(st.sampled_from('AUvz'))}{number}",
        }
        touched.add(one["extId"])
        people.append({**one, "loginId": f"{one['loginId']}-{number}"})
    elif people:
        one = data.draw(st.sampled_from(people))
        people.remove(one)
        if what == "delete":
            touched.add(one["extId"])
        else:
            people.append({**one, "contacts": {"email": f"x{number}@b.ch"}, "version": one["version"] + 1})
    tiny.people = {each["extId"]: each for each in people}


def walk(tiny: Any, size: int, sort: str | None, down: bool, between: Any) -> list[str]:
    """The ids shown by every page of a walk."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        assert len(seen) < 400
        one = cursors.page(None, tiny, cursor, size, sort, down)
        seen += [each["id"] for each in one.resources or ()]
        cursor = one.next_cursor
        between()
    return seen


@settings(max_examples=60, deadline=None)
@given(law.people(most=3 * law.SCAN), SERVER, st.integers(1, 9), st.sampled_from(SORTS), st.booleans(), st.data())
def test_nobody_comes_twice_and_nobody_who_stays_is_missed(
    some: list[Any], caps: Capabilities, size: int, sort: str | None, down: bool, data: st.DataObject
) -> None:
    tiny = law.Tiny(some, some, caps, frozenset())
    touched: set[str] = set()
    writes = iter(range(100, 200))
    try:
        seen = walk(
            tiny,
            size,
            sort,
            down,
            lambda: [write(tiny, data, next(writes), touched) for _ in range(data.draw(st.integers(0, 2)))],
        )
    except TooMany:
        return
    except BadRequest as refused:
        if refused.scim_type != "invalidCursor":
            raise
        return
    assert len(seen) == len(set(seen))
    stayed = {each["extId"] for each in some} - touched
    assert stayed <= set(seen)
    if sort == "id":
        assert seen == sorted(seen, reverse=down)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["id", "userName", "meta.created"]), st.booleans(), st.integers(1, 8), st.booleans())
def test_who_deletes_what_he_has_seen_sees_everybody(sort: str, down: bool, size: int, many: bool) -> None:
    """The clean-up job: read a page, delete its people, read on."""
    some = [{**cursors.someone(n), "created": f"2026-01-01T00:00:{n:02}Z"} for n in range(40 if many else 9)]
    tiny = law.Tiny(some, some, Capabilities(), frozenset())
    left = {each["extId"]: each for each in some}

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        one = cursors.page(None, tiny, cursor, size, sort, down)
        page = [each["id"] for each in one.resources or ()]
        seen += page
        for name in page:
            del left[name]
        tiny.people = dict(left)
        cursor = one.next_cursor
    assert sorted(seen) == sorted(each["extId"] for each in some)


def test_a_place_that_nobody_can_tell_is_refused() -> None:
    """All marked rows and the next one are gone, and nevisIDM's order of capitals is not ours."""
    some = [{**cursors.someone(n), "loginId": f"{'aB'[n % 2]}{n:02}"} for n in range(40)]
    tiny = law.Tiny(some, some, Capabilities(), frozenset())
    first = cursors.page(None, tiny, "", 18, "userName", False)
    assert len(first.resources) > MARKS
    next_one = "u37"
    gone = {one["id"] for one in first.resources} | {next_one}
    tiny.people = {each["extId"]: each for each in some if each["extId"] not in gone}
    with pytest.raises(BadRequest) as refused:
        cursors.page(None, tiny, first.next_cursor, 18, "userName", False)
    assert refused.value.scim_type == "invalidCursor"


@settings(max_examples=60, deadline=None)
@given(
    law.people(),
    law.FILTERS,
    law.CAPABILITIES,
    law.IGNORED,
    st.integers(1, 5),
    st.sampled_from(SORTS[:-1]),
    st.booleans(),
)
def test_pages_by_index_show_everybody_once_and_in_order(
    some: list[Any], said: Any, caps: Capabilities, ignored: frozenset[str], size: int, sort: str, down: bool
) -> None:
    tiny = law.Tiny(some, some, caps, ignored - {"sortBy"})
    pages = [
        law.ask(said, tiny, sort=sort, down=down, start=start, count=size) for start in range(1, len(some) + 2, size)
    ]
    assume("tooMany" not in pages)
    seen = [each["id"] for one in pages for each in one.resources]
    fitting = [each for each in some if law.naive(said, each)]
    assert seen == cursors.in_order(fitting, sort, down)
    assert {one.total for one in pages} == {len(fitting)}
