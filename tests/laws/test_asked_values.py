"""What is written of a person is found by a filter, can be sorted by, and is gone when it is taken away: for all that discovery has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.laws.test_kept_values import NEVIS, ONCE, PATCH_OP, declared, every_type, types, values, writable

Json = Any
ROOT, PERSON = "/scim/v2", "u-1003"
UNASKED = {
    f"{NEVIS}:{name}"
    for name in (
        *("classifications", "profileClassifications", "technicalUser", "properties", "profile"),
        *("profiles", "federatedIdentities", "memberOf"),  # lists of records, in tests of their own
    )
}
"""What nevisIDM does not let be set, or whose names no schema tells."""
ALWAYS = {
    *("userName", "name.givenName", "name.familyName", "emails", "active", "preferredLanguage"),
    *(f"{NEVIS}:unit", f"{NEVIS}:defaultProfile.state"),
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User:locked.on",
    *ONCE,
}
"""What a person always has, or has for good."""


async def test_what_is_written_is_found_sorted_and_taken_away(world: Any) -> None:
    address = f"{ROOT}/Users/{PERSON}"
    kind = next(each for each in await types(world, ROOT) if each["name"] == "User")
    tried = 0
    for name, attribute in await declared(world, ROOT, kind):
        for path, value, filters in tries(name, attribute):
            await patch(world, address, {"op": "replace", "path": path, "value": value})
            for text in filters:
                found = await listed(world, filter=text)
                assert PERSON in found, (text, found)
                tried += 1
            assert len(await listed(world, sortBy=sort_key(path, attribute), count="3")) == 3
            if path not in ALWAYS:
                await patch(world, address, {"op": "remove", "path": path})
                after = (await world.send("GET", f"{address}?attributeSets=all")).json()
                assert not at(after, path), path
                assert PERSON not in await listed(world, filter=filters[0]), path
    assert tried > 80


def tries(name: str, attribute: Json) -> Iterator[tuple[str, Json, list[str]]]:
    """A path, a value to write there, and the filters that then hold."""
    if name in UNASKED or attribute["returned"] == "never":
        return
    subs = [each for each in attribute.get("subAttributes") or [] if writable(each) and each["name"] != "primary"]
    if attribute["multiValued"]:
        value = every_type(name, subs)
        yield (
            name,
            value,
            [
                f'{name}[type eq "{each["type"]}" and {sub} eq {json.dumps(one)}]'
                for each in value
                for sub, one in each.items()
                if sub != "type"
            ],
        )
        return
    for sub in subs or [attribute]:
        path = f"{name}.{sub['name']}" if subs else name
        value = next(values(path, sub))
        yield path, value, [f"{path} eq {json.dumps(value)}"]


def sort_key(path: str, attribute: Json) -> str:
    """The attribute itself; of values without a `value`, such as addresses, a sub-attribute."""
    subs = [each["name"] for each in attribute.get("subAttributes") or []]
    return path if not attribute["multiValued"] or "value" in subs else f"{path}.locality"


async def patch(world: Any, address: str, operation: Json) -> None:
    answer = await world.send("PATCH", address, {**PATCH_OP, "Operations": [operation]})
    assert answer.status_code == 200, (operation, answer.text)


async def listed(world: Any, **query: str) -> list[str]:
    """The ids of the first page."""
    answer = await world.client.get(f"{ROOT}/Users", params={"attributes": "userName", **query})
    assert answer.status_code == 200, (query, answer.text)
    return [each["id"] for each in answer.json().get("Resources", [])]


def at(resource: Json, path: str) -> Json:
    urn, _, rest = path.rpartition(":") if path.startswith("urn:") else ("", "", path)
    found = resource.get(urn, {}) if urn else resource
    for key in rest.split("."):
        found = (found or {}).get(key)
    return found
