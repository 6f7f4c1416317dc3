"""What nevisIDM takes in its create and nowhere else: later it is refused, before nevisIDM is asked to change anything."""

from __future__ import annotations

from typing import Any

import pytest

URN = "urn:ietf:params:scim:schemas:nevisidm:2.0"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TICKET = f"{URN}:UserTicketCredentials"


@pytest.mark.parametrize("root", ["/admin/v1", "/scim/v2"])
async def test_a_tickets_context_is_given_at_its_making_or_not_at_all(root: str, world: Any) -> None:
    body = {"schemas": [TICKET], "user": {"value": "u-1002"}}
    made = (await world.send("POST", f"{root}/UserTicketCredentials", body)).json()
    address = f"{root}/UserTicketCredentials/{made['id']}"
    del made["ticket"]  # told once
    adding = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "context", "value": "desk"}]}
    world.box.journal.on = True
    for method, sent in (("PATCH", adding), ("PUT", {**made, "context": "desk"})):
        answer = await world.send(method, address, sent)
        assert (answer.status_code, "context can be given only when" in answer.text) == (400, True), answer.text
    assert {entry.method for entry in world.box.journal()} == {"GET"}
    assert (await world.send("PUT", address, {**made, "state": "disabled"})).status_code == 200


async def test_a_word_of_a_free_map_can_be_taken_away(world: Any) -> None:
    nevis = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:App"
    made = await world.send(
        "PATCH", "/scim/v2/Apps/portal", edit("add", f"{nevis}:displayName", {"EN": "Gate", "DE": "Tor"})
    )
    assert made.status_code == 200, made.text
    left = await world.send(
        "PATCH", f"/scim/v2/Apps/portal?attributes={nevis}:displayName", edit("remove", f"{nevis}:displayName.DE")
    )
    assert "DE" not in left.json()[nevis]["displayName"]
    gone = await world.send(
        "PATCH", f"/scim/v2/Apps/portal?attributes={nevis}:displayName", edit("remove", f"{nevis}:displayName")
    )
    assert (gone.status_code, nevis in gone.json()) == (200, False)


def edit(op: str, path: str, value: Any = None) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": [{"op": op, "path": path} | ({"value": value} if value else {})]}
