"""A request with `match` that comes twice, at once or after a fault, makes one person, who has everything in the end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.nevisidm.client import Client
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from tests.laws.test_races import Gate, Replicas
from tests.operation.test_federated import GENERIC, LIST, NEVIS, PATCH_OP, SAML, stored
from tests.operation.test_provision import person, send, users


@pytest.mark.parametrize("by", [f'{LIST}[kind eq "generic"]', "externalId", "userName"])
async def test_two_processes_at_once_make_one(make_world: Any, by: str) -> None:
    """Nobody writes before everybody has looked and found nobody."""
    world = await make_world()
    world.change(turns=Replicas())
    gate = Gate(world.inner)
    engine = HttpxEngine(httpx.ASGITransport(app=gate))
    world.change(client=Client(engine, "http://sandbox", bearer("technical"), events=world.context.events))
    body = person()
    body[NEVIS]["federatedIdentities"].append(SAML)
    answers = [answer for answer, _ in await gate.race(*(send(world, body, by=by) for _ in range(3)))]
    assert sorted(each.status_code for each in answers) == [200, 200, 201], [each.text for each in answers]
    assert len({each.json()["id"] for each in answers}) == 1
    [user] = users(world)
    assert len(stored(world, user)) == 2
    answer, writes = await send(world, body, by=by)
    assert (answer.status_code, writes) == (200, [])
    seen = (await world.send("GET", f"/scim/v2/Users/{user}?attributes=groups,{LIST}")).json()
    assert ([each["value"] for each in seen["groups"]], len(seen[NEVIS]["federatedIdentities"])) == (["employee"], 2)


CHANGES: dict[str, dict[str, Any]] = {
    "another name": {"name": {"givenName": "Newer", "familyName": "Comer"}},
    "a title": {"title": "Guide", "preferredLanguage": "de"},
    "an address": {"addresses": [{"type": "work", "locality": "Bern", "country": "CH"}]},
    "a phone": {"phoneNumbers": [{"type": "mobile", "value": "+41790000001"}]},
    "off": {"active": False},
    "an extension": {NEVIS: {"federatedIdentities": [GENERIC, SAML], "memberOf": [{"value": "accountant"}]}},
    "more of it": {NEVIS: {"sex": "female", "unit": "it"}},
}  # fmt: skip


@pytest.mark.parametrize("existing", ["merge", "replace", "keep"])
@pytest.mark.parametrize("kind", list(CHANGES))
async def test_sent_twice_is_sent_once(make_world: Any, kind: str, existing: str) -> None:
    """Whoever is there: the second time nothing is written, and both answers show the same."""
    world = await make_world(users=5)
    await send(world, person(), by="externalId")
    first, writes = await send(world, person(**CHANGES[kind]), by="externalId", existing=existing)
    assert (first.status_code, bool(writes)) == (200, existing != "keep"), first.text
    again, writes = await send(world, person(**CHANGES[kind]), by="externalId", existing=existing)
    assert (again.status_code, writes, again.json()) == (200, [], first.json())


async def test_who_was_unlinked_and_became_somebody_else_is_not_taken(make_world: Any) -> None:
    """The place of the new person's id is held by one who was made for the same value, and has another one by now."""
    world = await make_world(users=5)
    made, _ = await send(world, person(), by="externalId")
    body = {
        "schemas": [PATCH_OP],
        "Operations": [{"op": "replace", "value": {"externalId": "hr-1", "userName": "somebody"}}],
    }
    assert (await world.send("PATCH", f"/scim/v2/Users/{made.json()['id']}", body)).status_code == 200
    body = person()
    body[NEVIS] = {}
    answer, _ = await send(world, body, by="externalId")
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert users(world) == []
