"""The law of searching: the answer holds everybody who fits and nobody else, and its total is exact, or it says `tooMany`.

Random filters over random people against a tiny nevisIDM in memory that may ignore any parameter, any order, the offset, or has no totals;
its index finds no more than words. What fits is decided by a second, naive evaluator on the stored people, which knows nothing of plans.
An index that is behind may hide somebody; it must never show somebody who does not fit.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import operator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.events import SILENT
from gateway.mapping.alias import expand
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Exchange
from gateway.nevisidm.login import bearer
from gateway.nevisidm.run import Run
from gateway.operation.context import Context, Tenant
from gateway.operation.listing import TooMany
from gateway.operation.search import search
from gateway.sandbox.lucene import parse
from gateway.sandbox.lucene_match import Kind, UnknownField, check, score
from gateway.scim.binding import bind_filter, bind_sort
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_attr, parse_filter
from gateway.scim.request import Caller, ScimRequest

Person = dict[str, Any]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PAGING = ("limit", "offset", "sortBy", "continuationToken", "returnTotalResultCount")
SCAN = 12
INDEX = {
    **dict.fromkeys(("loginid", "name", "email", "clientName", "jobTitle"), Kind.TEXT),
    **dict.fromkeys(("extid", "state", "unit.extid"), Kind.KEYWORD),
    **dict.fromkeys(("created", "modified"), Kind.MOMENT),
}


@functools.cache
def shipped() -> Mappings:
    found = load(find_mappings())
    user = found.by_name["User"]
    assert user.search is not None
    narrow = dataclasses.replace(user, search=dataclasses.replace(user.search, scan=SCAN, calls=40))
    return dataclasses.replace(found, by_name={**found.by_name, "User": narrow})


def at(person: Any, path: str) -> Any:
    for key in path.split("."):
        person = person.get(key) if isinstance(person, dict) else None
    return person


class Tiny:
    """A nevisIDM of a few people. `ignored`: parameters without effect; `indexed`: the people as the index remembers them."""

    def __init__(
        self, people: list[Person], indexed: list[Person], caps: Capabilities, ignored: frozenset[str]
    ) -> None:
        self.people = {each["extId"]: each for each in people}
        self.indexed = indexed
        self.caps = caps
        self.ignored = ignored

    async def aclose(self) -> None:
        """Nothing is open."""

    async def exchange(self, method: str, url: str, *_: Any) -> Exchange:
        assert method == "GET"
        split = urlsplit(url)
        parts = [unquote(part) for part in split.path.split("/")[5:]]
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        found = self.index(query) if parts == ["users"] else self.core(parts, query)
        status = 404 if found is None else 422 if "errors" in found else 200
        return Exchange(
            status,
            {"content-type": "application/json"},
            orjson.dumps(found or {"errors": [{"code": "errors.noRecord"}]}),
        )

    def core(self, parts: list[str], query: dict[str, str]) -> Any:
        if parts == ["clients", "100", "users"]:
            return self.list(query)
        person = self.people.get(parts[2])
        if person is None:
            return None
        profile = {
            "extId": f"p-{parts[2]}",
            "isDefaultProfile": True,
            "unitExtId": person["unit"],
            "userExtId": parts[2],
        }
        return shown(person) if len(parts) == 3 else {"items": [profile], "_pagination": {}}

    def list(self, query: dict[str, str]) -> Any:
        rows = [
            each
            for each in self.people.values()
            if all(self.fits(each, *pair) for pair in query.items() if pair[0] not in PAGING)
        ]
        rows.sort(key=lambda each: (each["created"], each["extId"]))
        sort = query.get("sortBy", "")
        if sort and "sortBy" not in self.ignored:
            name, _, direction = sort.rpartition("_")
            rows.sort(key=lambda each: str(at(each, name)), reverse=direction == "DESC")
        start = 0
        if "offset" in query and "offset" not in self.ignored:
            start = int(query["offset"])
        elif "continuationToken" in query:
            last = tuple(query["continuationToken"].split("_", 1))
            start = sum(1 for each in rows if (each["created"], each["extId"]) <= last)
        page = rows[start : start + min(int(query["limit"]), self.caps.max_limit)]
        paging: dict[str, Any] = {}
        if start + len(page) < len(rows) and not sort:
            paging["continuationToken"] = f"{page[-1]['created']}_{page[-1]['extId']}"
        if query.get("returnTotalResultCount") == "true" and "returnTotalResultCount" not in self.ignored:
            paging["totalResult"] = len(rows)
        return {"items": [shown(each) for each in page], "_pagination": paging}

    def fits(self, person: Person, name: str, value: str) -> bool:
        if name in self.ignored:
            return True
        base, _, modifier = name.rpartition("_")
        if modifier == "IEQ":
            return str(at(person, base)).lower() == value.lower()
        if modifier == "SW":
            held = str(at(person, base))
            return held.lower().startswith(value.lower()) if self.caps.sw == "ignore_case" else held.startswith(value)
        if name in ("jobTitle", "costCentre", "scimExternalId"):
            return bool(person["properties"].get(name) == value)
        return bool(str(at(person, name)) == value)

    def index(self, query: dict[str, str]) -> Any:
        tree = parse(query["q"], leading_wildcard=self.caps.query_leading_wildcards)
        try:
            check(tree, INDEX)
        except UnknownField:
            return {"errors": [{"code": "errors.fieldIsNotIndexed"}]}
        hits = [each for each in self.indexed if score(tree, document(each), INDEX) > 0]
        start, size = int(query["from"]), int(query["size"])
        window = [hit(each) for each in hits[start : start + size]]
        return {"response": {"totalResults": len(hits), "from": start, "size": size, "hits": window}, "messages": {}}


def shown(person: Person) -> Person:
    return {name: value for name, value in person.items() if name != "unit"}


def document(person: Person) -> dict[str, list[str]]:
    flat = {"loginid": person["loginId"], "name": person["name"]["familyName"], "email": at(person, "contacts.email")}
    flat |= {"extid": person["extId"], "state": person["userState"], "unit.extid": person["unit"], "clientName": "Acme"}
    flat |= {"created": digits(person["created"]), "modified": digits(person["lastModified"]), **person["properties"]}
    return {name: [value] for name, value in flat.items() if value}


def digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def hit(person: Person) -> Person:
    named = {
        "extid": person["extId"],
        "loginId": person["loginId"],
        "name": person["name"]["familyName"],
        "state": person["userState"],
    }
    return {
        **named,
        "email": at(person, "contacts.email"),
        "properties": person["properties"],
        "client": {"extid": "100"},
    }


# What fits, said once more: attribute → the values it shows, whether case counts

SEEN: dict[str, tuple[Any, bool]] = {
    "id": (lambda p: [p["extId"]], True),
    "userName": (lambda p: [p["loginId"]], False),
    "name.familyName": (lambda p: [p["name"]["familyName"]], False),
    "emails.value": (lambda p: [at(p, "contacts.email")], False),
    "title": (lambda p: [p["properties"].get("jobTitle")], False),
    "externalId": (lambda p: [p["properties"].get("scimExternalId")], True),
    "nevis:properties.costCentre": (lambda p: [p["properties"].get("costCentre")], True),
    "nevis:unit": (lambda p: [p["unit"]], True),
    "active": (lambda p: [p["userState"] == "active"], True),
    "meta.created": (lambda p: [p["created"]], True),
    "meta.lastModified": (lambda p: [p["lastModified"]], True),
}
TESTS = {
    **{"eq": operator.eq, "co": operator.contains, "sw": str.startswith, "ew": str.endswith},
    **{"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le},
}
Said = tuple[Any, ...]


def naive(said: Said, person: Person) -> bool:
    """Whether a person fits a filter given as nested tuples."""
    match said:
        case ("and", *terms):
            return all(naive(term, person) for term in terms)
        case ("or", *terms):
            return any(naive(term, person) for term in terms)
        case ("not", term):
            return not naive(term, person)
        case (name, "pr"):
            return any(value is not None for value in SEEN[name][0](person))
        case (name, "ne", value):
            return not naive((name, "eq", value), person)
        case (name, op, value):
            values, exact = SEEN[name]
            fold = (lambda text: text) if exact else str.lower
            return any(held is not None and TESTS[op](fold(held), fold(value)) for held in values(person))
    raise AssertionError(said)


def spelled(said: Said) -> str:
    """The same as a SCIM filter."""
    match said:
        case ("and" | "or" as word, *terms):
            return f" {word} ".join(f"({spelled(term)})" for term in terms)
        case ("not", term):
            return f"not ({spelled(term)})"
        case (name, "pr"):
            return f"{name} pr"
        case (name, op, value):
            return f"{name} {op} {orjson.dumps(value).decode()}"
    raise AssertionError(said)


WORDS = ["a", "A", "ab", "Ab", "aB-c", "b", "É", "c d", 'q"\\']
MOMENTS = [f"2026-0{month}-01T00:00:00Z" for month in range(1, 6)]
TEXT = st.sampled_from(WORDS)
MAYBE = st.none() | TEXT


@st.composite
def people(draw: st.DrawFn, most: int = 8) -> list[Person]:
    made = []
    for number in range(draw(st.integers(0, most))):
        values = {"jobTitle": draw(MAYBE), "costCentre": draw(MAYBE), "scimExternalId": draw(MAYBE)}
        made.append(
            {
                **{"extId": f"{draw(st.sampled_from('uU'))}{number}", "loginId": f"{draw(TEXT)}{number}", "version": 1},
                **{
                    "userState": draw(st.sampled_from(["active", "disabled", "archived"])),
                    "unit": draw(st.sampled_from("xX")),
                },
                **{"created": draw(st.sampled_from(MOMENTS)), "lastModified": draw(st.sampled_from(MOMENTS))},
                **{"name": {"familyName": draw(TEXT)}, "contacts": {"email": draw(MAYBE)}},
                "properties": {name: value for name, value in values.items() if value is not None},
            }
        )
    return made


STRINGS = [name for name in SEEN if name not in ("active", "meta.created", "meta.lastModified")]
VALUES = st.builds(lambda word, number: f"{word}{number}", TEXT, st.sampled_from(["", "0", "1", "2"]))
LEAVES = (
    st.tuples(st.sampled_from(STRINGS), st.sampled_from(["eq", "eq", "eq", "ne", "co", "sw", "ew"]), VALUES)
    | st.tuples(st.just("id"), st.just("eq"), st.sampled_from(["u0", "U1", "u2"]))
    | st.tuples(st.just("active"), st.just("eq"), st.booleans())
    | st.tuples(
        st.sampled_from(["meta.created", "meta.lastModified"]),
        st.sampled_from(["gt", "ge", "lt", "le"]),
        st.sampled_from(MOMENTS),
    )
    | st.tuples(st.sampled_from(["title", "emails.value", "externalId"]), st.just("pr"))
)
FILTERS: st.SearchStrategy[Said] = st.recursive(
    LEAVES,
    lambda terms: (
        st.builds(
            lambda word, some: (word, *some), st.sampled_from(["and", "or"]), st.lists(terms, min_size=2, max_size=3)
        )
        | st.builds(lambda term: ("not", term), terms)
    ),
    max_leaves=5,
)
CAPABILITIES = st.builds(
    Capabilities,
    query_enabled=st.booleans(),
    query_leading_wildcards=st.booleans(),
    ieq=st.sampled_from(["on", "off"]),
    property_ieq=st.booleans(),
    sw=st.sampled_from(["off", "exact", "ignore_case"]),
    total=st.sampled_from(["server", "walk"]),
    offset=st.booleans(),
    max_limit=st.sampled_from([1, 2, 3, 1000]),
)
IGNORED = st.frozensets(
    st.sampled_from(
        [
            *("loginId_IEQ", "loginId_SW", "name.familyName_IEQ", "name.familyName_SW", "contacts.email_IEQ"),
            *("extId", "extId_SW", "userState", "scimExternalId", "costCentre", "sortBy", "returnTotalResultCount"),
        ]
    ),
    max_size=4,
)
LAW = settings(max_examples=60, deadline=None)


def ask(said: Said, tiny: Tiny, *, sort: str = "id", down: bool = False, start: int = 1, count: int = 50) -> Any:
    """The answer to one search, or "tooMany"."""
    mapping = shipped().by_name["User"]
    context = Context(
        shipped(),
        Client(tiny, "http://tiny", bearer("t")),
        Tenant("100", "Acme"),
        tiny.caps,
        SILENT,
        now=lambda: NOW,
        new_id=lambda: "nobody-has-this",
    )
    tree = bind_filter(parse_filter(expand(spelled(said), mapping.aliases)), mapping.type)
    by = bind_sort(parse_attr(sort), mapping.type)
    request = ScimRequest("search", mapping.type, RFC, "https://x", Caller("law"), "r", filter=tree, sort_by=by)
    request = dataclasses.replace(request, descending=down, start_index=start, count=count)
    try:
        return asyncio.run(search(request, mapping, context, Run(context.client, "r", SILENT)))
    except TooMany:
        return "tooMany"


@LAW
@given(people(), FILTERS, CAPABILITIES, IGNORED)
def test_the_answer_holds_everybody_who_fits_and_nobody_else(
    some: list[Person], said: Said, caps: Capabilities, ignored: frozenset[str]
) -> None:
    answer = ask(said, Tiny(some, some, caps, ignored))
    wanted = sorted(each["extId"] for each in some if naive(said, each))
    assert answer != "tooMany"
    assert [each["id"] for each in answer.resources] == wanted
    assert answer.total == len(wanted)


@LAW
@given(people(), FILTERS, CAPABILITIES, IGNORED, st.booleans(), st.integers(1, 6), st.integers(0, 4))
def test_a_page_is_the_part_of_the_whole_and_its_total_that_of_the_whole(
    some: list[Person], said: Said, caps: Capabilities, ignored: frozenset[str], down: bool, start: int, count: int
) -> None:
    answer = ask(said, Tiny(some, some, caps, ignored - {"sortBy"}), down=down, start=start, count=count)
    wanted = sorted((each["extId"] for each in some if naive(said, each)), reverse=down)
    assert [each["id"] for each in answer.resources] == wanted[start - 1 : start - 1 + count]
    assert answer.total == len(wanted)


@LAW
@given(people(most=2 * SCAN), FILTERS, CAPABILITIES, IGNORED)
def test_too_many_is_said_only_where_it_would_be(
    some: list[Person], said: Said, caps: Capabilities, ignored: frozenset[str]
) -> None:
    answer = ask(said, Tiny(some, some, caps, ignored))
    if answer == "tooMany":
        assert len(some) > SCAN or caps.max_limit < 3
        return
    wanted = sorted(each["extId"] for each in some if naive(said, each))
    assert sorted(each["id"] for each in answer.resources) == wanted[:50]


@LAW
@given(people(), FILTERS, CAPABILITIES, st.data())
def test_an_index_that_is_behind_shows_nobody_who_does_not_fit(
    some: list[Person], said: Said, caps: Capabilities, data: st.DataObject
) -> None:
    before = data.draw(people())
    gone = [{**each, "extId": f"gone-{each['extId']}"} for each in before if data.draw(st.booleans())]
    answer = ask(said, Tiny(some, [*before, *gone], dataclasses.replace(caps, query_enabled=True), frozenset()))
    if answer == "tooMany":
        return
    fitting = {each["extId"] for each in some if naive(said, each)}
    assert {each["id"] for each in answer.resources} <= fitting
    assert answer.total == len(answer.resources)
