"""What is known of a request is what working it out anew finds, an error included, and nothing of it is about anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from random import Random
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ScimError
from gateway.scim import errand
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.errand import ERRANDS, Sent, read_anew, sent_on
from gateway.scim.rights import Rule, pictured
from tests.conftest import shipped

SECRET = "bjensen"
WHOLE = shipped().types()
READER = (Rule(frozenset("*"), frozenset(("get", "search"))),)
PICTURES = (WHOLE, {name: pictured(kind, ("reader",), {"reader": READER}) for name, kind in WHOLE.items()})
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "get", "TRACE")
NAMES = ("Users", "users", "Groups", "%55sers", "Me", "MyUserDbCredentials", "PasswordAuthenticator", "Nothing", "")
BELOW = (
    "",
    "/",
    f"/{SECRET}",
    f"/{SECRET}/",
    "/.search",
    "/.Search",
    "/.hidden",
    "/a%2Fb",
    "/%00",
    "/%ff",
    "/a/b",
    "/a?b=c",
    "/\0",
)
QUERIES = (
    "filter=" + quote(f'userName eq "{SECRET}"'),
    f"filter=userName+eq+%22{SECRET}%22",
    f"Filter=userName eq {SECRET}",
    f"%66ilter={SECRET}",
    f"fil%74er={SECRET}",
    "filter=",
    "filter=%ff",
    "filter",
    "attributes=userName,emails",
    f'attributes=emails[value eq "{SECRET}"]',
    f"attributes=emails%5Bvalue eq %22{SECRET}%22%5D",
    "attributes=nosuch:thing",
    "excludedAttributes=name",
    "attributeSets=all",
    "attributeSets=some",
    "sortBy=userName",
    "sortBy=nobody",
    "sortOrder=descending",
    "sortOrder=sideways",
    "startIndex=1",
    "startIndex=3",
    "count=5",
    "count=x",
    "limit=5",
    f"page={SECRET}",
    f"cursor={SECRET}",
    f"unknown={SECRET}",
    f"match={SECRET}",
    "",
    "%ff=1",
)


def outcome(find: Callable[[], Sent]) -> object:
    try:
        sent = find()
    except ScimError as error:
        return error.code.code, error.detail
    more = {name: text for name, text in sent.parameters.items() if name in ("match", "existing")}
    return sent.errand, sent.id, sent.filter, more


def told() -> str:
    """All texts that are kept, hidden from reprs or not."""
    known = [(key[:4], each.place.id, each.asked) for key, (each, *_) in ERRANDS.items()]
    return repr(
        [(key, id_, asked and (asked.filter, asked.wanted, astuple(asked.seeking))) for key, id_, asked in known]
    )


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_known_is_what_is_found_anew(seed: int) -> None:
    chance = Random(seed)
    for _ in range(10):
        tail = f"/{chance.choice(NAMES)}{chance.choice(BELOW)}"
        query = "&".join(chance.choices(QUERIES, k=chance.choice((0, 0, 1, 1, 2, 3))))
        asked = chance.choice(METHODS), tail, query, chance.choice(PICTURES), chance.choice((IDCS, RFC))
        expected = outcome(lambda asked=asked: read_anew(*asked))
        for _ in range(2):
            assert outcome(lambda asked=asked: sent_on(*asked)) == expected
    assert SECRET not in told()


def test_requests_that_repeat_are_known_whoever_they_are_about_and_the_memory_is_bounded() -> None:
    ERRANDS.clear()
    for number in range(3):
        sent_on("GET", f"/Users/{number}", "", WHOLE, RFC)
        sent_on("GET", "/Users", f"filter=userName eq {number}&attributes=id", WHOLE, RFC)
        sent_on("POST", "/Users/.search", "", WHOLE, RFC)
        sent_on("PATCH", f"/Users/{number}", "attributes=id", WHOLE, RFC)
    assert len(ERRANDS) == 3
    for number in range(2 * errand._MOST):
        sent_on("GET", "/Users", f"startIndex={number}", WHOLE, RFC)
    assert len(ERRANDS) <= errand._MOST
