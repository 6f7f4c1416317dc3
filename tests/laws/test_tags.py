"""The law of entity tags: a tag lets its own receiver write, as long as nobody else has written (RFC 7644 section 3.14, decision 007).

Whatever answer it came from (of POST, PUT, PATCH, GET, of a row of a list, as narrow as it may be), whatever is written. Once somebody
has changed what the answer showed, it lets nobody write.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.events import Crashed

LAW = settings(
    max_examples=int(os.environ.get("LAWS_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=False,
    report_multiple_bugs=False,
)
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
POSIX = "urn:ietf:params:scim:schemas:oracle:idcs:extension:posix:User"
PATCH_OP = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
NARROW = ("", "?attributes=userName", "?attributes=title", f"?attributes={NEVIS}:unit", "?attributeSets=all")
NARROW += (f"?attributes={NEVIS}:defaultProfile.name,{NEVIS}:properties", "?excludedAttributes=name,title")

Json = Any
Make = Callable[..., Awaitable[Any]]

words = st.text("abc é", min_size=1, max_size=6).map(lambda text: f"x{text.strip()}")
VALUES: dict[str, st.SearchStrategy[Json]] = {
    "active": st.booleans(),
    "title": words,
    "displayName": words,
    "preferredLanguage": st.sampled_from(["de", "FR"]),
    "phoneNumbers": st.just([{"type": "mobile", "value": "+41 79 111 22 33"}]),
    "addresses": words.map(lambda text: [{"type": "home", "locality": text}]),
    "password": st.sampled_from(["Judge-and-jury-1", "Trial-by-fire-2"]),
    ENTERPRISE: st.fixed_dictionaries({}, optional={"costCenter": words, "manager": st.just({"value": "u-1001"})}),
    POSIX: st.just({"gidNumber": 4711}),
    NEVIS: st.fixed_dictionaries(
        {},
        optional={
            "validTo": st.sampled_from(["2031-02-03T04:05:06Z", "2020-02-03T04:05:06Z"]),
            "unit": st.sampled_from(["it", "hr"]),
            "sex": st.sampled_from(["male", "female"]),
            "birthDate": st.just("2000-01-31"),
            "properties": st.sampled_from([{"costCentre": "CC-1"}, {"costCentre": "CC-2"}]),
            "profile": st.sampled_from([{"function": "Clerk"}, {"signingRight": "joint"}]),
            "defaultProfile": st.fixed_dictionaries({}, optional={"name": words, "remarks": words}),
        },
    ),
}
said = st.fixed_dictionaries({}, optional=VALUES)
written = st.tuples(st.sampled_from(["PUT", "PATCH"]), said, st.sampled_from(NARROW))
DISABLED_WITH_ITS_PROFILE = ("PUT", {"active": False, NEVIS: {"unit": "hr", "defaultProfile": {"name": "x"}}}, "")
ENABLED_WITH_ITS_PROFILE = ("PATCH", {"active": True, NEVIS: {"defaultProfile": {"name": "y"}}}, "")


def person(number: int, values: Json) -> Json:
    return {
        "schemas": [USER],
        "userName": f"tagged-{number}",
        "name": {"givenName": "Eye", "familyName": "Witness"},
        "emails": [{"type": "work", "value": f"tagged-{number}@example.org"}],
        **values,
    }


async def write(world: Any, verb: str, address: str, number: int, values: Json, narrow: str, tag: str) -> Any:
    body = person(number, values) if verb == "PUT" else {**PATCH_OP, "Operations": [{"op": "replace", "value": values}]}
    return await world.send(verb, address + narrow, body, If_Match=tag)


@pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
async def test_a_tag_lets_its_receiver_write(root: str, make_world: Make) -> None:
    world = await make_world()
    numbers = iter(range(10_000))
    loop = asyncio.get_running_loop()

    async def holds(first: Json, narrow: str, writes: list[Any]) -> None:
        number = next(numbers)
        answer = await world.send("POST", f"{root}/Users{narrow}", person(number, first))
        assert answer.status_code == 201, answer.text
        address = f"{root}/Users/{answer.json()['id']}"
        tag = answer.headers["etag"]
        for verb, values, then in writes:
            row = await world.send("GET", f'{root}/Users?filter=userName eq "tagged-{number}"{then.replace("?", "&")}')
            shown = row.json()["Resources"][0].get("meta", {}).get("version", tag)
            read = (await world.send("GET", address + then)).headers["etag"]
            for other in (shown, read):
                touch = await write(world, "PATCH", address, number, {"userName": f"tagged-{number}"}, "", other)
                assert touch.status_code == 200, (then, other, touch.text)
            answer = await write(world, verb, address, number, values, then, tag)
            assert answer.status_code == 200, (verb, values, answer.text)
            tag = answer.headers["etag"]

    @LAW
    @example({}, "", [DISABLED_WITH_ITS_PROFILE, ENABLED_WITH_ITS_PROFILE])
    @given(said, st.sampled_from(NARROW), st.lists(written, min_size=1, max_size=3))
    def law(first: Json, narrow: str, writes: list[Any]) -> None:
        asyncio.run_coroutine_threadsafe(holds(first, narrow, writes), loop).result()

    await asyncio.to_thread(law)
    assert not [event for event in world.events if isinstance(event, Crashed)]


@pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
@pytest.mark.parametrize("narrow", NARROW)
async def test_a_tag_lets_nobody_write_once_what_it_spoke_of_has_changed(root: str, narrow: str, world: Any) -> None:
    changes: dict[str, Json] = {
        "?attributes=title": {"title": "changed"},
        f"?attributes={NEVIS}:unit": {NEVIS: {"unit": "hr"}},
        f"?attributes={NEVIS}:defaultProfile.name,{NEVIS}:properties": {NEVIS: {"properties": {"costCentre": "CC-2"}}},
    }
    first = {NEVIS: {"unit": "it", "properties": {"costCentre": "CC-1"}}}
    answer = await world.send("POST", f"{root}/Users{narrow}", person(0, first))
    address, tag = f"{root}/Users/{answer.json()['id']}", answer.headers["etag"]
    change = changes.get(narrow, {"userName": "tagged-otherwise"})
    assert (await write(world, "PATCH", address, 0, change, "", "*")).status_code == 200
    late = await write(world, "PATCH", address, 0, {"title": "late"}, "", tag)
    assert late.status_code == 412, late.text
