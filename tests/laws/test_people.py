"""The law of the whole gateway: a filter answers with exactly the people that a full scan finds, whatever nevisIDM can, ignores or forgets.

The scan is what a client is shown without a filter, page by page; it is evaluated here by a second reading of RFC 7644 section 3.4.2.2 that
shares nothing with the gateway. The one other answer that is right is 400 `tooMany`, and only to filters on what takes calls per person or
where little may be read. Then an index that is behind may lack people who have changed since, but never has one who does not fit.
`LAWS_EXAMPLES=500 pytest tests/laws/test_people.py` looks much longer; `LAWS_SEED` makes other strangers.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.events import Crashed
from gateway.nevisidm.capabilities import Capabilities
from gateway.operation.context import Trust
from gateway.sandbox.query_index import Index
from tests.laws.asking import filters
from tests.laws.scan import DEAR, NEVIS, TYPES, Json, Node, Path, alike, attributes, found, holds, named, spelt
from tests.laws.strangers import fall_behind, strangers

EXAMPLES = int(os.environ.get("LAWS_EXAMPLES", "6"))
SEED = int(os.environ.get("LAWS_SEED", "7"))
LAW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=False,
)
FILTERS = 8  # per example
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ROOTS = ("/scim/v2", "/admin/v1")


@dataclass(repr=False)
class Known:
    """A world and everything it shows without a filter, in each dialect."""

    world: Any
    runner: asyncio.Runner
    shown: dict[str, list[Json]] = field(default_factory=dict)
    little: bool = False  # one search may read few rows, so that much is left to the index, or refused
    changed: frozenset[str] = frozenset()  # people whom the index does not know as they are now

    @cached_property
    def pools(self) -> dict[Path, list[Json]]:
        people = self.shown[ROOTS[0]]
        made = {path: sorted({v for person in people for v in found(person, path)}, key=str) for path in TYPES}
        return {path: pool for path, pool in made.items() if pool}


STRANGE = {
    "sort_suffix": False, "property_prefix": "properties.", "unknown_parameters": "refuse", "language_case": "lower",
    "empty_fields": "null", "user_list_carries_properties": False, "extra_fields": True, "query_error_shape": "errors",
}  # fmt: skip
WORLDS: dict[str, dict[str, Any]] = {
    "usual": {},
    "no query service": {"switches": {"query_enabled": False}},
    "query service gone since the start": {"switches": {"query_enabled": False}, "probe": False},
    "rebuilding": {"switches": {"query_rebuilding": True}},
    "lagging": {},
    "leading wildcards": {
        "switches": {"query_leading_wildcard": True},
        "capabilities": Capabilities(query_leading_wildcards=True),
    },
    "modifiers ignored": {"switches": {"modifiers_sw": False, "modifiers_ieq": False}, "probe": False},
    "modifiers ignored, no index": {
        "switches": {"modifiers_sw": False, "modifiers_ieq": False, "query_enabled": False},
        "probe": False,
    },
    "_SW without case": {"switches": {"sw_ignores_case": True}, "probe": False},
    "no offset": {"switches": {"offset": False, "max_limit": 10}, "probe": False},
    "no total": {"switches": {"total_count": False}, "probe": False},
    "small pages": {"switches": {"max_limit": 7, "default_limit": 7}, "probe": False},
    "strange": {"switches": STRANGE, "probe": False},
    "strange, probed": {"switches": STRANGE},
    "strangers": {"users": 0},
    "strangers, all ignored": {
        "users": 0,
        "switches": {"modifiers_sw": False, "modifiers_ieq": False, "offset": False, "total_count": False},
        "probe": False,
    },
    "strangers, leading wildcards": {
        "users": 0,
        "switches": {"query_leading_wildcard": True},
        "capabilities": Capabilities(query_leading_wildcards=True),
    },
}
LITTLE = ["usual", "lagging", "leading wildcards", "modifiers ignored", "strangers", "strangers, leading wildcards"]
WORLDS |= {f"{name}: little may be read": WORLDS[name] for name in LITTLE}
Make = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The loop that all worlds run in; Hypothesis draws outside of it."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def met() -> dict[str, Known]:
    """The worlds that were made already."""
    return {}


@pytest.fixture(params=list(WORLDS))
def known(
    request: pytest.FixtureRequest,
    make_world: Make,
    anyio_backend: str,
    runner: asyncio.Runner,
    met: dict[str, Known],
) -> Iterator[Known]:
    """One world of the list, fully read once, with a client of this test's own."""
    name = request.param
    if name not in met:
        met[name] = runner.run(get_to_know(name, make_world, runner))
    transport, headers = httpx.ASGITransport(app=met[name].world.app), met[name].world.client.headers
    met[name].world.client = httpx.AsyncClient(transport=transport, base_url="http://gateway.example", headers=headers)
    yield met[name]
    runner.run(met[name].world.client.aclose())


async def get_to_know(name: str, make_world: Make, runner: asyncio.Runner) -> Known:
    made = await make_world(**WORLDS[name])
    result = Known(made, runner)
    if "strangers" in name:
        made.box.store.add_users("100", strangers(random.Random(SEED), 40))
        Index(made.box.store).catch_up(made.box.now())
    if "lagging" in name:
        result.changed = fall_behind(made.box, SEED)
    for root in ROOTS:
        result.shown[root] = [person async for person in everybody(made, root)]
    if "little" in name:
        result.little = True
        narrow(made)
    return result


def narrow(world: Any) -> None:
    """Let a search read fewer rows than there are people."""
    mappings = world.context.mappings
    user = mappings.by_name["User"]
    user = dataclasses.replace(user, search=dataclasses.replace(user.search, scan=30))
    world.change(mappings=dataclasses.replace(mappings, by_name={**mappings.by_name, "User": user}))


async def everybody(world: Any, root: str) -> Any:
    start = 1
    while True:
        answer = (await world.send("GET", f"{root}/Users?attributeSets=all&count=13&startIndex={start}")).json()
        for person in answer["Resources"]:
            yield person
        start += 13
        if start > answer["totalResults"]:
            return


@dataclass(frozen=True)
class Question:
    """One search as a client sends it."""

    root: str
    node: Node
    text: str
    post: bool


@st.composite
def questions(draw: st.DrawFn, pools: dict[Path, list[Json]]) -> Question:
    node = draw(filters(pools, cheap=draw(st.booleans())))
    return Question(draw(st.sampled_from(ROOTS)), node, spelt(node, draw(st.booleans())), draw(st.booleans()))


SHOWN = "userName,name,emails,active,meta,displayName,preferredLanguage"


async def asked(world: Any, question: Question, **more: Any) -> Any:
    sent = {"filter": question.text, "count": 1000, "attributes": SHOWN, **more}
    if question.post:
        return await world.send("POST", f"{question.root}/Users/.search", {"schemas": [SEARCH], **sent})
    return await world.client.get(f"{question.root}/Users", params=sent)


@LAW
@given(data=st.data())
def test_a_filter_answers_with_the_people_that_a_full_scan_finds(known: Known, data: st.DataObject) -> None:
    known.world.change(trust=Trust())  # what one example learns about this nevisIDM, the next must not know
    for question in data.draw(st.lists(questions(known.pools), min_size=1, max_size=FILTERS)):
        known.world.events.clear()
        check(question, known.runner.run(asked(known.world, question)), known)


def check(question: Question, answer: Any, known: Known) -> None:
    """Exactly those, exactly so many, exactly as they are shown elsewhere; or a good reason why not."""
    assert not [event for event in known.world.events if isinstance(event, Crashed)], question.text
    if answer.status_code != 200:
        assert "GW202" in answer.headers["proxy-status"], (question.text, answer.text)
        dear = known.little or DEAR & set(attributes(question.node))
        assert dear, ("what the list shows was called too dear", question.text)
        return
    said = answer.json()
    expected = {person["id"]: person for person in known.shown[question.root] if holds(question.node, person)}
    got = [person["id"] for person in said["Resources"]]
    may_lack = known.changed if known.little else frozenset()
    assert sorted({*got, *(may_lack & expected.keys())}) == sorted(expected), question.text
    assert len(got) == len(set(got)) == said["totalResults"], question.text
    for person in said["Resources"]:
        whole = plain(expected[person["id"]])
        shown = plain(person)
        assert {name: whole.get(name) for name in shown} == shown, question.text


def plain(person: Any) -> Any:
    """Without what follows the attributes that are shown: `schemas`, and the version (decision 007)."""
    meta = {name: value for name, value in person.get("meta", {}).items() if name != "version"}
    return {name: value for name, value in person.items() if name != "schemas"} | ({"meta": meta} if meta else {})


@LAW
@given(data=st.data())
def test_pages_in_order_visit_each_resource_once(known: Known, data: st.DataObject) -> None:
    known.world.change(trust=Trust())
    question = data.draw(questions(known.pools).filter(lambda each: not DEAR & set(attributes(each.node))))
    by = data.draw(st.sampled_from([path for path in TYPES if path[1] not in DEAR]), label="by")
    backwards, size = data.draw(st.booleans()), data.draw(st.sampled_from([50, 20, 9]))
    expected = [person for person in known.shown[question.root] if holds(question.node, person)]
    visited = known.runner.run(walked(known, question, by, backwards, size))
    if visited is None:
        return
    may_lack = known.changed & {person["id"] for person in expected} if known.little else frozenset()
    assert len(visited) == len(set(visited)), (question.text, by, backwards, size)
    assert sorted({*visited, *may_lack}) == sorted(person["id"] for person in expected), (
        question.text,
        by,
        backwards,
        size,
    )
    places = {person["id"]: place_of(person, by) for person in expected}
    order = [places[each] for each in (reversed(visited) if backwards else visited)]
    assert order == sorted(order), (question.text, by, backwards, size)


async def walked(known: Known, question: Question, by: Path, backwards: bool, size: int) -> list[str] | None:
    """The ids of all pages; None where that would read too much."""
    sort = {"sortBy": named(by, False), "sortOrder": "descending" if backwards else "ascending", "attributes": "id"}
    visited: list[str] = []
    for start in range(1, 1000, size):
        answer = await asked(known.world, question, **sort, startIndex=start, count=size)
        if known.little and answer.status_code == 400:
            return None
        assert answer.status_code == 200, (question.text, by, answer.text)
        visited += [person["id"] for person in answer.json()["Resources"]]
        if start + size > answer.json()["totalResults"]:
            break
    return visited


def place_of(person: Json, by: Path) -> tuple[bool, Json]:
    """Where a person stands in ascending order: by the primary value or else the first, without one at the end."""
    elements = sorted(
        found(person, (*by[:2], "")), key=lambda each: not (isinstance(each, dict) and each.get("primary"))
    )
    values = found(elements[0], ("", by[2], "")) if elements and by[2] else elements
    return (False, alike(values[0], TYPES[by])) if values else (True, "")


REGRESSIONS = [
    # an element that fits by what it lacks is seen by what else it has
    ("in", ("", "name", ""), ("not", ("pr", ("", "givenName", "")))),
    ("in", ("", "addresses", ""), ("eq", ("", "postalCode", ""), None)),
    # beginnings of properties, that only the index can be asked
    ("in", (NEVIS, "properties", ""), ("sw", ("", "costCentre", ""), "CC-1")),
]


def test_what_was_wrong_once_stays_right(known: Known) -> None:
    for node in REGRESSIONS:
        for root in ROOTS:
            question = Question(root, node, spelt(node), post=False)
            check(question, known.runner.run(asked(known.world, question)), known)
