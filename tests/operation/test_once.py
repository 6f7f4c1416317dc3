"""Secrets that nevisIDM makes are told by the answer to the POST, and nowhere else: not later, not in a search, not in an event."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

URN = "urn:ietf:params:scim:schemas:nevisidm:2.0:"
TELLING = [
    ("UserOathCredentials", "uri", {"label": "my phone"}),
    ("UserRecoveryCodeCredentials", "codes", {}),
    ("UserUrlTicketCredentials", "link", {"urlPrefix": "https://in.example.org/"}),
    ("UserTicketCredentials", "ticket", {}),
    ("UserTempStrongPasswordCredentials", "generatedPassword", {}),
]


async def create(world: Any, name: str, said: Any, query: str = "", **headers: str) -> Any:
    body = {"schemas": [URN + name], "user": {"value": "u-1002"}, **said}
    return await world.send("POST", f"/scim/v2/{name}{query}", body, **headers)


@pytest.mark.parametrize(("name", "attribute", "said"), TELLING)
async def test_only_the_answer_to_the_post_tells_it(name: str, attribute: str, said: Any, world: Any) -> None:
    world.events.clear()
    made = await create(world, name, said)
    assert made.status_code == 201
    secret = made.json()[attribute]
    assert secret
    told = secret[0] if isinstance(secret, list) else secret
    assert told not in repr(world.events)
    where = made.headers["location"]
    for look in (where, f"{where}?attributes={attribute}", f'/scim/v2/{name}?filter=user.value eq "u-1002"'):
        answer = await world.client.get(look)
        assert answer.status_code == 200
        assert told not in answer.text
        assert f'"{attribute}"' not in answer.text
    asked = await world.client.get(f"/scim/v2/{name}", params={"filter": f'user.value eq "u-1002" and {attribute} pr'})
    assert asked.status_code == 400
    assert told not in repr(world.events)


async def test_who_asks_for_something_else_is_not_told(world: Any) -> None:
    made = await create(world, "UserOathCredentials", {"label": "my phone"}, "?attributes=label")
    assert made.status_code == 201
    assert "uri" not in made.json()


async def test_a_hash_is_not_taken_for_the_secret_that_was_not_answered(world: Any) -> None:
    """Where the policy does not let nevisIDM tell a password, its GET still shows a hash under the same name."""
    mapping = world.context.mappings.by_name["UserTempStrongPasswordCredentials"]
    from gateway.mapping.once import tell_once
    from gateway.nevisidm.call import Reply

    resource: dict[str, Any] = {}
    record = {"credential": {"tempStrongPassword": "{SSHA256}aGFzaA=="}}
    tell_once(mapping, resource, {"credential.create": Reply(201, None)}, record, world.context.now(), {})
    assert resource == {}


async def test_an_answer_that_may_tell_a_secret_is_repeated_for_minutes_only(world: Any) -> None:
    from gateway.edge.retry import BRIEFLY, LIFETIME, _seconds
    from gateway.scim.body import Limits
    from gateway.scim.dialect import RFC
    from gateway.scim.question import Question
    from gateway.scim.request import Caller

    def asked(name: str) -> Question:
        types = world.context.mappings.types()
        return Question(
            *("POST", f"/{name}", "", {}, b"{}"),
            types=types,
            dialect=RFC,
            base="",
            caller=Caller("x"),
            request_id="r",
            limits=Limits(),
        )

    assert _seconds(asked("UserOathCredentials")) == BRIEFLY
    assert _seconds(asked("UserKerberosCredentials")) == LIFETIME


async def test_schemas_call_it_default_and_read_only(world: Any) -> None:
    schema = (await world.send("GET", f"/scim/v2/Schemas/{URN}UserOathCredentials")).json()
    uri = next(each for each in schema["attributes"] if each["name"] == "uri")
    assert (uri["returned"], uri["mutability"]) == ("default", "readOnly")
    assert json.dumps(uri).count("once") == 0


class AllButModify:
    """Every right of nevisIDM but the one to change credentials."""

    def __contains__(self, right: object) -> bool:
        return right != "AccessControl.CredentialModify"


async def test_a_create_that_cannot_take_everything_is_completed_and_undone_as_one(world: Any) -> None:
    """An mTAN's POST takes no state, so a PATCH brings it; where that is refused, nothing stays."""
    body = {"mobileNumber": "+41791112233", "state": "disabled"}
    made = await create(world, "UserMtanCredentials", body)
    assert (made.status_code, made.json()["state"]) == (201, "disabled")
    world.box.accounts["technical"] = dataclasses.replace(world.box.accounts["technical"], rights=AllButModify())
    refused = await create(world, "UserMtanCredentials", body)
    assert refused.status_code == 403
    listed = await world.send("GET", '/scim/v2/UserMtanCredentials?filter=user.value eq "u-1002"')
    assert [each["id"] for each in listed.json()["Resources"]] == [made.json()["id"]]
