"""Laws of requests and edits: nothing but a ScimError is ever raised, nothing is mutated, a replaced value is what PUT would leave."""

import copy
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Fault, ScimError
from gateway.scim.body import Limits, read_json
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.finish import finish
from gateway.scim.intake import read_resource
from gateway.scim.parse import read_request
from gateway.scim.patch import apply, read_edits
from gateway.scim.project import bind_wanted, demand, project
from gateway.scim.request import Caller
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:x:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def table(*attributes: Attribute) -> dict[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


EMAIL = (Attribute("value", required=True), Attribute("type"), Attribute("primary", "boolean"))
KIND = ResourceType(
    name="User",
    endpoint="/Users",
    schema=CORE,
    description="",
    core=table(
        Attribute("id", mutability="readOnly", returned="always"),
        Attribute("userName", required=True, returned="always"),
        Attribute("title"),
        Attribute("active", "boolean"),
        Attribute("level", "integer"),
        Attribute("born", "dateTime"),
        Attribute("badge", returned="request"),
        Attribute("password", mutability="writeOnly", returned="never", secret=True),
        Attribute("number", mutability="immutable"),
        Attribute("nickNames", multi_valued=True),
        Attribute("name", "complex", subs=table(Attribute("givenName"), Attribute("familyName"))),
        Attribute("emails", "complex", True, subs=table(*EMAIL), composite_key=("value", "type")),
    ),
    extensions={EXTENSION: table(Attribute("unit"), Attribute("properties", "complex", open=True))},
    verbs=frozenset(("get", "search", "create", "replace", "modify", "delete")),
)

words = st.sampled_from(["a", "b", "c", "work", "home", "A"])
emails = st.lists(
    st.fixed_dictionaries({"value": words}, optional={"type": words}),
    max_size=3,
    unique_by=lambda each: str(each).lower(),
)
writable: dict[str, st.SearchStrategy[Any]] = {
    "title": words,
    "active": st.booleans(),
    "level": st.integers(-5, 5),
    "born": st.sampled_from(["2020-01-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"]),
    "nickNames": st.lists(words, min_size=1, max_size=3, unique_by=str.lower),
    "emails": emails.filter(bool),
}
extension = st.fixed_dictionaries(
    {"unit": words}, optional={"properties": st.dictionaries(words, words, min_size=1, max_size=2)}
)
people = st.fixed_dictionaries(
    {"id": st.just("1"), "userName": words},
    optional={
        **writable,
        "number": words,
        "name": st.fixed_dictionaries({"familyName": words}, optional={"givenName": words}),
        EXTENSION: extension,
    },
)

names = st.sampled_from(
    "id userName USERNAME title active level born badge password number nickNames name emails schemas meta nobody "
    f"name.givenName emails.value emails[ {EXTENSION} {CORE} {CORE}:title {EXTENSION}:unit {EXTENSION}:properties "
    f"{EXTENSION}:properties.a".split()
) | st.sampled_from(
    [
        "",
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
        'emails[value pr and not (type eq "a")].primary',
        'nickNames[value eq "a"]',
        "name[familyName pr].x",
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words
    | st.text(max_size=3)
)
keys = names | st.sampled_from(
    ["value", "type", "primary", "givenName", "unit", "a", "schemas", "Operations", "op", "path"]
)
json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "ADD", "Replace", "move"])},
    optional={"path": names, "value": json},
)
dialects = st.sampled_from([IDCS, RFC])


def tried(call: Callable[[], Any]) -> tuple[Any, ScimError | None]:
    """What a call returns, or the refusal it raises; anything else it raises is a failed test."""
    try:
        return call(), None
    except ScimError as error:
        return None, error


def is_clients(error: ScimError) -> bool:
    return 400 <= error.status < 500 and not isinstance(error, Fault)


@settings(max_examples=300, deadline=None)
@given(people, st.lists(operations, min_size=1, max_size=3), dialects)
def test_edits_never_mutate_and_raise_nothing_but_client_errors(person: Any, sent: list[Any], dialect: Dialect) -> None:
    before = copy.deepcopy(person)
    body = {"schemas": [PATCH_OP], "Operations": sent}
    once, error = tried(lambda: apply(person, read_edits(body, KIND, dialect), KIND, dialect.leniencies))
    assert person == before
    if error is not None:
        assert is_clients(error)
    else:
        orjson.dumps(once)
        assert once["userName"]
        assert once["id"] == "1"
        assert sum(email.get("primary") is True for email in once.get("emails", ())) < 2


@settings(max_examples=200, deadline=None)
@given(people, people, dialects)
def test_replacing_each_value_leaves_what_put_leaves(person: Any, wish: dict[str, Any], dialect: Dialect) -> None:
    """`name` and `properties` are merged by the RFC, so what is left out of them is named with null, as PUT means it."""
    put = read_resource({"schemas": [CORE], **wish}, KIND, dialect, creating=False)
    if "number" in person and person["number"] != put.get("number"):
        return  # immutable
    sent: list[dict[str, Any]] = []
    for name in (*writable, "userName", "number"):
        if put.get(name) != person.get(name):
            sent.append({"op": "replace", "path": name, "value": put.get(name)})
    for holder, path in (("name", "name"), (EXTENSION, EXTENSION)):
        sent.append({"op": "remove", "path": path})
        if holder in put:
            sent.append({"op": "replace", "path": path, "value": put[holder]})
    edits = read_edits({"schemas": [PATCH_OP], "Operations": sent}, KIND, dialect)
    assert apply(person, edits, KIND, dialect.leniencies) == put


@settings(max_examples=200, deadline=None)
@given(people, st.sampled_from([*writable]), st.data())
def test_an_edit_applied_twice_changes_nothing_more(person: Any, name: str, data: st.DataObject) -> None:
    value = data.draw(writable[name])
    op = data.draw(st.sampled_from(["add", "replace"]))
    edits = read_edits({"schemas": [PATCH_OP], "Operations": [{"op": op, "path": name, "value": value}]}, KIND, RFC)
    once = apply(person, edits, KIND, RFC.leniencies)
    assert apply(once, edits, KIND, RFC.leniencies) == once


@settings(max_examples=200, deadline=None)
@given(people, emails.filter(bool))
def test_adding_values_and_removing_them_leaves_the_others(person: Any, values: list[Any]) -> None:
    def change(now: Any, op: str) -> Any:
        body = {"schemas": [PATCH_OP], "Operations": [{"op": op, "path": "emails", "value": values}]}
        return apply(now, read_edits(body, KIND, RFC), KIND, RFC.leniencies)

    both = change(person, "add").get("emails", [])
    assert change(person, "remove").get("emails", []) == change(change(person, "add"), "remove").get("emails", [])
    assert all(email in both for email in person.get("emails", []) if email not in values) or len(both) >= len(values)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(keys | st.text(max_size=4), json, max_size=4), dialects, st.booleans(), st.booleans())
def test_any_body_is_read_or_refused(body: dict[str, Any], dialect: Dialect, creating: bool, named: bool) -> None:
    sent = {"schemas": [CORE], **body} if named else body
    resource, error = tried(lambda: read_resource(sent, KIND, dialect, creating=creating))
    if error is not None:
        assert is_clients(error)
    else:
        assert read_resource({"schemas": [CORE], **resource}, KIND, dialect, creating=creating) == resource


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=40) | json.map(orjson.dumps),
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "X"]),
    st.sampled_from(["/Users", "/Users/1", "/Users/.search", "/%00", "/Nobody", "/Users/%zz", ""]),
    st.sampled_from(["", "filter=", "count=x", "attributes=emails[", "attributes=%00", "sortBy=name", "startIndex=9e9"])
    | st.text(max_size=10),
    dialects,
)
def test_any_request_is_read_or_refused(body: bytes, method: str, tail: str, query: str, dialect: Dialect) -> None:
    request, error = tried(
        lambda: read_request(
            method,
            tail,
            query,
            {"content-type": "application/json"},
            body,
            types={"users": KIND},
            dialect=dialect,
            base="https://host",
            caller=Caller("me"),
            request_id="r",
            limits=Limits(),
        )
    )
    if error is not None:
        assert is_clients(error)
    else:
        assert 0 <= request.count <= dialect.max_count


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_json_object_or_refused(body: bytes) -> None:
    found, error = tried(lambda: read_json(body, "application/json", Limits()))
    assert isinstance(found, dict) if error is None else is_clients(error)


exclusions = st.lists(names.filter(lambda name: name and "[" not in name), max_size=3)
choices = exclusions | st.just(['emails[type eq "work"]', 'nickNames[value eq "a"]'])


@settings(max_examples=200, deadline=None)
@given(
    people,
    st.none() | choices,
    exclusions,
    st.sets(st.sampled_from(["all", "always", "never", "request", "default"])),
    dialects,
)
def test_an_answer_holds_nothing_that_was_not_demanded(
    person: Any, include: Any, excluded: Any, sets: Any, dialect: Dialect
) -> None:
    wanted = bind_wanted(include, excluded, frozenset(sets), KIND)
    needed = demand(wanted, KIND, dialect)
    finished = finish({**person, "password": "x", "badge": "b"}, KIND, dialect, "https://host")
    answer = project(finished, wanted, KIND, dialect)
    assert project(answer, wanted, KIND, dialect) == answer
    assert {"id", "userName"} <= answer.keys()
    assert "password" not in answer
    for name, value in answer.items():
        for inner, urn in ((inner, name) for inner in value) if name == EXTENSION else ((name, None),):
            shown = value[inner] if urn else value
            for each in shown if isinstance(shown, list) else [shown]:
                subs = {Attr(inner, sub, urn) for sub in each} if isinstance(each, dict) else set()
                assert Attr(inner, urn=urn) in needed or (subs and subs <= needed)
