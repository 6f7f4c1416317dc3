"""What came to nevisIDM later than the one behind the gateway is 501 with the release that has it, not a fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Make = Callable[..., Awaitable[Any]]
IDCS = "urn:ietf:params:scim:schemas:oracle:idcs:"
OLD = {"switches": {"release": "2.75.2"}, "probe": False}
TICKET = {"schemas": ["urn:ietf:params:scim:schemas:nevisidm:2.0:UserTicketCredentials"], "user": {"value": "u-1001"}}
CHECK = {"schemas": [f"{IDCS}PasswordAuthenticator"], "mappingAttributeValue": "bjensen", "password": "Welcome-1001"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "UserTicketCredentials/u-1001~~ticket", None),
        ("POST", "UserTicketCredentials", TICKET),
        ("DELETE", "UserTicketCredentials/u-1001~~ticket", None),
        ("POST", "PasswordAuthenticator", CHECK),
        ("PUT", "UserPasswordResetter/u-1001", {"schemas": [f"{IDCS}UserPasswordResetter"]}),
    ],
)
async def test_what_is_newer_is_501_and_names_the_release(method: str, path: str, body: Any, make_world: Make) -> None:
    world = await make_world(**OLD, capabilities={"release": "2.75.2"})
    answer = await world.send(method, f"/admin/v1/{path}", body)
    assert answer.status_code == 501, answer.text
    assert "since release" in answer.json()["detail"]


async def test_where_the_settings_say_it_is_there_it_is_a_fault_for_the_operator(make_world: Make) -> None:
    world = await make_world(**OLD, capabilities={"release": "8.2605"})
    assert (await world.send("GET", "/admin/v1/UserTicketCredentials/u-1001~~ticket")).status_code == 502


async def test_nobody_is_still_nobody(make_world: Make) -> None:
    world = await make_world(switches={"release": "2.79"}, probe=False, capabilities={"release": "2.79"})
    assert (await world.send("GET", "/admin/v1/UserKerberosCredentials/u-1001~none")).status_code == 404
