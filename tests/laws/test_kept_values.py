"""What a client writes comes back or is refused: tried for every attribute that discovery calls writable.

Of every type, in both dialects. Discovery gives the attributes, so a mapping that grows is tried with what it got. A value that
vanishes behind a 200 is the one wrong answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.sandbox.people import password_of

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
IDCS = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User"
PATCH_OP = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
each_root = pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])

Json = Any

SAMPLES: dict[str, Json] = {
    f"{NEVIS}:profiles": [{"value": "u-1050-p0", "name": "Renamed"}, {"value": "u-1050-p1", "remarks": "x"}],
    "userName": "new.name",
    "extId": "new-1",
    "timezone": "Europe/Rome",
    "preferredLanguage": "it",
    "emails.value": "new@example.org",
    "phoneNumbers.value": "+41441112233",
    "addresses.country": "LI",
    "password": "A-brand-new-pass-phrase-1",
    "policy": "100-GenericCredentialPolicy",
    f"{NEVIS}:birthDate": "2001-02-03",
    f"{NEVIS}:unit": "hr",
    f"{NEVIS}:memberOf": [{"value": name} for name in ("employee", "accountant")],
    f"{NEVIS}:federatedIdentities": [
        {"kind": "generic", "provider": "https://idp.example.org", "subject": "a|b"},
        {"kind": "saml", "provider": "https://idp.example.org", "subject": "person-1050"},
    ],
    f"{NEVIS}:properties": {"building": "Archive", "employmentType": "external"},
    f"{NEVIS}:profile": {"function": "Deputy", "signingRight": "single"},
    "properties": {"note": "Back door", "environment": "test"},
}
"""What nevisIDM has definite ideas of; everything else gets a value of its type."""

ONCE = {f"{IDCS}:provider", f"{IDCS}:creationMechanism"}
STATE = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User"
BY_ITSELF = {f"{STATE}:locked": {"on": False}}
"""What is so by itself, and not shown where there is nothing that it could be of: nobody is locked who has no password."""
REFUSED = {
    "User": {*ONCE, f"{NEVIS}:technicalUser", f"{NEVIS}:classifications", f"{NEVIS}:profileClassifications"},
    "UserGenericCredentials": {"user", "extId"},
    "UserSecurIdCredentials": {"user", "extId"},
}
"""What a PATCH of somebody who is there may be refused: immutable attributes, and classifications that nevisIDM does not have."""

TRIED = {"User": "u-1050", "UserGenericCredentials": "u-1050~badge-1050", "UserSecurIdCredentials": "u-1050~~securid"}


async def declared(world: Any, root: str, kind: Json) -> Iterator[tuple[str, Json]]:
    """Every top-level attribute of a type that a client may write, by the name a path has."""
    found = []
    for urn in (kind["schema"], *(each["schema"] for each in kind.get("schemaExtensions", []))):
        schema = (await world.send("GET", f"{root}/Schemas/{urn}")).json()
        prefix = "" if urn == kind["schema"] else f"{urn}:"
        found += [
            (prefix + each["name"], each)
            for each in schema["attributes"]
            if writable(each) and each["name"] != "schemas"
        ]
    return iter(found)


def writable(attribute: Json) -> bool:
    subs = attribute.get("subAttributes") or []
    return attribute["mutability"] != "readOnly" and (
        not subs or any(each["mutability"] != "readOnly" for each in subs)
    )


def values(name: str, attribute: Json) -> Iterator[Json]:
    """Values to write: the sample, every canonical value, or something of the type."""
    if name in SAMPLES:
        yield SAMPLES[name]
    elif attribute["type"] == "complex":
        subs = [each for each in attribute.get("subAttributes") or [] if writable(each)]
        if any(each["name"] == "type" for each in subs):
            yield every_type(name, subs)
            return
        for sub in subs:
            for value in values(f"{name}.{sub['name']}", sub):
                one = {sub["name"]: value}
                yield [one] if attribute["multiValued"] else one
        if not subs:
            yield {"costCentre": ["internal"]}
    elif attribute.get("canonicalValues"):
        yield from sorted(set(attribute["canonicalValues"]) - {"archived"}, reverse=True)  # from there is no way back
    else:
        yield from {
            "string": ['Ünter "den" Linden\\ 5 \' or 1', "x"],
            "boolean": [False, True],
            "integer": [7],
            "reference": ["https://example.org/a%20b?c=d&e#f"],
            "dateTime": ["2031-02-03T04:05:06.000Z"] if "rom" not in name else ["2021-02-03T04:05:06.000Z"],
        }[attribute["type"]]


def every_type(name: str, subs: list[Json]) -> list[Json]:
    """A value of each type that there is a place for, with all that it can have."""
    said = {each["name"]: each for each in subs if each["name"] != "primary"}
    one = {sub: next(values(f"{name}.{sub}", each)) for sub, each in said.items()}
    return [{**one, "type": each} for each in said["type"]["canonicalValues"]]


def shown(resource: Json, name: str) -> Json:
    urn, _, attribute = name.rpartition(":")
    return (resource.get(urn, {}) if urn else resource).get(attribute)


def has(found: Json, wished: Json) -> bool:
    match wished:
        case dict():
            return isinstance(found, dict) and all(has(found.get(key), value) for key, value in wished.items())
        case list():
            return (
                isinstance(found, list)
                and len(found) == len(wished)
                and all(any(has(one, each) for one in found) for each in wished)
            )
    return bool(found == wished) and isinstance(found, bool) == isinstance(wished, bool)


async def types(world: Any, root: str) -> list[Json]:
    return list((await world.send("GET", f"{root}/ResourceTypes")).json()["Resources"])


@each_root
@pytest.mark.parametrize("verb", ["replace", "add", "without path", "put"])
async def test_what_is_written_comes_back_or_is_refused(root: str, verb: str, make_world: Any) -> None:
    world = await make_world()
    tried = 0
    for kind in await types(world, root):
        if kind["name"] not in TRIED:
            continue
        address = f"{root}{kind['endpoint']}/{TRIED[kind['name']]}"
        refused: set[str] = set()
        after = (await world.send("GET", f"{address}?attributeSets=all")).json()
        for name, attribute in await declared(world, root, kind):
            for value in values(name, attribute):
                before = after
                reply = await written(world, address, verb, name, value, before)
                after = (await world.send("GET", f"{address}?attributeSets=all")).json()
                if reply.status_code != 200:
                    assert 400 <= reply.status_code < 500, (name, reply.text)
                    assert {**after, "meta": 0} == {**before, "meta": 0}, name
                    refused.add(name)
                elif attribute["returned"] != "never":
                    assert value == BY_ITSELF.get(name) or has(shown(after, name), value), (
                        name,
                        value,
                        shown(after, name),
                    )
                tried += 1
        full = (
            {"emails", "phoneNumbers", "ims", "photos"} if verb == "add" else set()
        )  # nevisIDM has one place for each type
        assert refused <= REFUSED[kind["name"]] | full, (kind["name"], refused)
    assert tried > 40


@each_root
async def test_schemas_may_be_repeated_but_nothing_strange_put_into_them(root: str, world: Any) -> None:
    """They follow the content, so saying them says nothing; a URN that the type does not have is a mistake."""
    address = f"{root}/Users/u-1001"
    before = (await world.send("GET", address)).json()
    for verb in ("replace", "add", "without path", "put"):
        assert (await written(world, address, verb, "schemas", [*before["schemas"], NEVIS], before)).status_code == 200
        for wrong in (["urn:nobody"], [7], 7, [*before["schemas"], "urn:nobody"]):
            reply = await written(world, address, verb, "schemas", wrong, before)
            assert reply.status_code == 400, (verb, wrong, reply.text)
    assert (await world.send("GET", address)).json() == before


async def written(world: Any, address: str, verb: str, name: str, value: Json, before: Json) -> Any:
    urn, _, attribute = name.rpartition(":")
    tree = {urn: {attribute: value}} if urn else {attribute: value}
    match verb:
        case "put":
            if isinstance(value, dict):
                tree = (
                    {urn: {attribute: {**(shown(before, name) or {}), **value}}}
                    if urn
                    else {name: {**(before.get(name) or {}), **value}}
                )
            body = {**before, **tree, urn: {**before.get(urn, {}), **tree[urn]}} if urn else {**before, **tree}
            if urn and urn not in before["schemas"]:
                body["schemas"] = [*before["schemas"], urn]
            return await world.send("PUT", address, body)
        case "without path":
            operation = {"op": "replace", "value": tree}
        case _:
            operation = {"op": verb, "path": name, "value": value}
    return await world.send("PATCH", address, {**PATCH_OP, "Operations": [operation]})


NEEDED = {
    "User": {
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"type": "work", "value": "newcomer@example.org"}],
    },
    "UserGenericCredentials": {"user": {"value": "u-1005"}, "identification": "new"},
    "UserSecurIdCredentials": {"user": {"value": "u-1050"}, "userName": "new"},
    "UserDbCredentials": {"user": {"value": "u-1006"}, "dbPassword": "A-brand-new-pass-phrase-1"},
}
NOT_AT_FIRST = {
    "User": {f"{NEVIS}:classifications", f"{NEVIS}:profileClassifications", f"{NEVIS}:profiles", f"{STATE}:locked"},
    "UserGenericCredentials": {"state"},
    "UserSecurIdCredentials": {"state"},
    "UserDbCredentials": {"status"},
}
"""What a create may be refused: credentials do not begin in every state, nobody is locked without a password, ids are taken."""


@each_root
async def test_what_is_created_comes_back_or_is_refused(root: str, make_world: Any) -> None:
    world = await make_world()
    tried = 0
    for kind in await types(world, root):
        if kind["name"] not in NEEDED:
            continue
        endpoint, needed = root + kind["endpoint"], NEEDED[kind["name"]]
        await world.send("DELETE", f"{root}/UserSecurIdCredentials/u-1050~~securid")
        refused: set[str] = set()
        for name, attribute in await declared(world, root, kind):
            for value in values(name, attribute):
                given = (
                    {**shown(needed, name), **value}
                    if isinstance(value, dict) and isinstance(shown(needed, name), dict)
                    else value
                )
                if name in ("user", "dbPassword"):
                    given = shown(needed, name)
                urn, _, plain = name.rpartition(":")
                tree = {urn: {plain: given}} if urn else {plain: given}
                body = {"schemas": [kind["schema"], *([urn] if urn else [])], **needed, **tree}
                reply = await world.send("POST", endpoint, body)
                if reply.status_code != 201:
                    assert 400 <= reply.status_code < 500, (name, reply.text)
                    refused.add(name)
                    continue
                address = f"{endpoint}/{reply.json()['id']}"
                found = (await world.send("GET", f"{address}?attributeSets=all")).json()
                hidden = attribute["returned"] == "never" or name == "dbPassword"
                assert hidden or given == BY_ITSELF.get(name) or has(shown(found, name), given), (
                    name,
                    given,
                    shown(found, name),
                )
                assert (await world.send("DELETE", address)).status_code == 204
                tried += 1
        assert refused <= NOT_AT_FIRST[kind["name"]], (kind["name"], refused)
    assert tried > 40


@each_root
async def test_a_password_that_was_accepted_is_the_one_that_opens(root: str, world: Any) -> None:
    check = {
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
        "mappingAttribute": "userName",
        "mappingAttributeValue": "bjensen",
    }
    new = SAMPLES["password"]
    reply = await written(world, f"{root}/Users/u-1001", "replace", "password", new, {})
    assert reply.status_code == 200, reply.text
    assert new not in reply.text
    answers = [
        await world.send("POST", f"{root}/PasswordAuthenticator", {**check, "password": each})
        for each in (new, password_of("u-1001"))
    ]
    assert answers[1].status_code == 400
    assert answers[0].status_code == 201 or "MUST_CHANGE" in answers[0].text, answers[0].text
