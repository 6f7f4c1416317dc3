"""Names in free maps, declared by an installation: discovered, written in any case, and no limit for others."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.mapping.load import find_mappings, load
from gateway.mapping.named import with_names

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
NAMES = {"User.nevis:properties": ("costCentre", "employmentType"), "UserGenericCredentials.properties": ("system",)}
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


async def test_declared_names_are_discovered_and_the_others_still_taken(make_world: Any) -> None:
    world = await make_world(names=NAMES)
    told = (await world.send("GET", f"/scim/v2/Schemas/{NEVIS}")).json()
    properties = next(each for each in told["attributes"] if each["name"] == "properties")
    assert [(each["name"], each["returned"]) for each in properties["subAttributes"]] == [
        ("costCentre", "default"),
        ("employmentType", "default"),
    ]
    value = {NEVIS: {"properties": {"COSTCENTRE": "CC-77", "employee_id": "7777"}}}
    body = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": value}]}
    address = f"/scim/v2/Users/u-1001?attributes={NEVIS}:properties"
    for reply in (await world.send("PATCH", address, body), await world.send("GET", address)):
        shown = reply.json()[NEVIS]["properties"]
        assert (shown["costCentre"], shown["employee_id"]) == ("CC-77", "7777"), reply.text
    for text in (f'{NEVIS}:properties.costcentre eq "CC-77"', f'{NEVIS}:properties.employee_id eq "7777"'):
        found = (await world.send("GET", f"/scim/v2/Users?filter={text}")).json()
        assert "u-1001" in [each["id"] for each in found["Resources"]], text


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"Nobody.properties": ("x",)}, "no free map"),
        ({"User": ("x",)}, "no free map"),
        ({"User.userName": ("x",)}, "no free map"),
        ({"User.nowhere:properties": ("x",)}, "no free map"),
        ({"User.nevis:properties": ("displayName",)}, "attribute of its own"),
        ({"User.nevis:properties": ("_classifications",)}, "nevisIDM's"),
    ],
)
def test_names_that_cannot_be_declared_stop_the_start(names: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        with_names(load(find_mappings()), names)
