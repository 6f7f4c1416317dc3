"""A search in all types, read: which types it concerns, what it asks of each, and what is refused."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import ScimError
from gateway.scim.body import Limits
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.everywhere import is_everywhere, read_everywhere
from gateway.scim.print import to_text
from gateway.scim.query import SEARCH_REQUEST
from gateway.scim.question import Question
from gateway.scim.request import Caller
from gateway.scim.schema import Attribute, ResourceType

ID = Attribute("id", mutability="readOnly", case_exact=True)
SCHEMAS = Attribute("schemas", multi_valued=True, mutability="readOnly")
META = Attribute(
    "meta",
    "complex",
    mutability="readOnly",
    subs={"resourcetype": Attribute("resourceType", case_exact=True), "created": Attribute("created", "dateTime")},
)
READ = frozenset(("get", "search"))


def kind(name: str, *attributes: Attribute, verbs: frozenset[str] = READ) -> ResourceType:
    core = {each.name.lower(): each for each in (ID, SCHEMAS, META, *attributes)}
    return ResourceType(name, f"/{name}s", f"urn:x:{name}", "", core, {}, verbs)


PERSON = kind("Person", Attribute("userName"), Attribute("level", "integer"), Attribute("pin", secret=True))
CARD = kind("Card", Attribute("owner"), Attribute("level"))
CHECK = kind("Check", Attribute("userName"), verbs=frozenset(("act",)))
TYPES = {"persons": PERSON, "cards": CARD, "checks": CHECK}


def question(body: Any, dialect: Dialect = RFC, method: str = "POST", caller: Caller | None = None) -> Question:
    sent = orjson.dumps({"schemas": [SEARCH_REQUEST], **body})
    head = {"content-type": "application/json"}
    return Question(method, "/.search", "", head, sent, TYPES, dialect, "b", caller or Caller("me"), "r", Limits())


def asked(text: str | None, **more: Any) -> dict[str, str | None]:
    """By type the filter that it is asked, as text."""
    body = more if text is None else {"filter": text, **more}
    searches = read_everywhere(question(body)).searches
    return {each.type.name: None if each.filter is None else to_text(each.filter) for each in searches}


def refused(*args: Any, **more: Any) -> ScimError:
    with pytest.raises(ScimError) as info:
        read_everywhere(question(*args, **more))
    return info.value


@pytest.mark.parametrize(("tail", "is_one"), [("/.search", True), ("/.SEARCH/", True), ("/Users/.search", False)])
def test_one_address_searches_everywhere(tail: str, is_one: bool) -> None:
    assert is_everywhere(tail) is is_one


def test_without_a_filter_every_type_that_can_be_searched_is() -> None:
    assert asked(None) == {"Person": None, "Card": None}


@pytest.mark.parametrize(
    ("text", "persons", "cards"),
    [
        ('userName eq "a"', 'userName eq "a"', False),
        ('urn:x:Person:userName eq "a"', 'userName eq "a"', False),
        ('id eq "a"', 'id eq "a"', 'id eq "a"'),
        ("userName pr", "userName pr", False),
        ("not (userName pr)", "not (userName pr)", None),
        ('userName ne "a"', 'userName ne "a"', None),
        ("userName eq null", "not (userName pr)", None),
        ('userName eq ""', 'userName eq ""', None),
        ('userName eq "a" or owner eq "b"', 'userName eq "a"', 'owner eq "b"'),
        ('userName eq "a" and owner eq "b"', False, False),
        (
            'id eq "a" and (owner eq "b" or (userName pr and id pr))',
            'id eq "a" and userName pr and id pr',
            'id eq "a" and owner eq "b"',
        ),
        ('meta.resourceType eq "Person"', None, False),
        ('meta.resourceType ne "Person"', False, None),
        ('meta.resourceType eq "Card" or userName sw "a"', 'userName sw "a"', None),
        ('meta.resourceType eq "Card" and owner pr', False, "owner pr"),
        ('not (meta.resourceType eq "Card") and id pr', "id pr", False),
        ('schemas eq "urn:x:Person"', None, False),
        ('schemas ne "urn:x:Person" and id pr', False, "id pr"),
        ('schemas[value eq "URN:X:card"] or userName sw "a"', 'userName sw "a"', None),
        ("schemas pr", None, None),
    ],
)
def test_each_type_is_asked_what_concerns_it(text: str, persons: Any, cards: Any) -> None:
    found = asked(text)
    assert found.get("Person", False) == persons
    assert found.get("Card", False) == cards


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"filter": 'nope eq "a"'}, "GW105"),
        ({"filter": 'id eq "a" or (userName.nope eq "a")'}, "GW105"),
        ({"filter": "not (urn:x:Nobody:userName pr)"}, "GW105"),
        ({"filter": "level gt true"}, "GW106"),
        ({"filter": 'pin eq "a"'}, "GW201"),
        ({"filter": "("}, "GW104"),
        ({"sortBy": "userName"}, "GW201"),
        ({"sortBy": "level"}, "GW201"),
        ({"sortBy": "nope"}, "GW201"),
        ({"count": "many"}, "GW113"),
        ({"cursor": ""}, "GW113"),
        ({"schemas": ["urn:x"]}, "GW101"),
    ],
)
def test_what_cannot_be_asked_of_all_is_refused(body: Any, code: str) -> None:
    error = refused(body)
    assert (error.code.code, error.status) == (code, 400)


def test_only_post_is_offered_and_only_to_the_gateways_own_callers() -> None:
    assert refused({}, method="GET").allow == ("POST", "OPTIONS")
    own = Caller("self", authorization="Bearer x", x_token="x")
    assert refused({}, caller=own).code.code == "GW303"


def test_page_order_and_choice_are_the_same_for_all() -> None:
    body = {"startIndex": 7, "count": 3, "sortBy": "META.created", "sortOrder": "descending", "attributes": ["ID", "x"]}
    found = read_everywhere(question(body))
    assert (found.start_index, found.count) == (7, 3)
    assert {(str(each.sort_by), each.descending, each.start_index, each.count) for each in found.searches} == {
        ("meta.created", True, 7, 3)
    }
    assert {tuple(map(str, each.wanted.include or ())) for each in found.searches} == {("id",)}


def test_a_dialects_own_order_counts_and_its_ocid_is_the_id() -> None:
    found = read_everywhere(question({"filter": 'ocid eq "a"'}, IDCS)).searches
    assert {str(each.sort_by) for each in found} == {"id"}
    assert {to_text(each.filter) for each in found if each.filter} == {'id eq "a"'}
