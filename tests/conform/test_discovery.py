"""scim2-models as the judge of discovery: its models forbid what RFC 7643 does not know. The whole gateway, the shipped mappings."""

from __future__ import annotations

from typing import Any

import pytest
from scim2_models import Context, ListResponse, ResourceType, Schema, ScimProvider, ServiceProviderConfig

ROOT = "/scim/v2"


async def answer(world: Any, path: str) -> Any:
    reply = await world.send("GET", ROOT + path)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/scim+json"
    return reply.json()


def judged(model: Any, value: Any) -> Any:
    return model.model_validate(value, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)


async def test_every_schema_is_valid_alone_and_in_the_list(world: Any) -> None:
    listed = judged(ListResponse[Schema], await answer(world, "/Schemas"))
    assert listed.total_results == len(listed.resources) >= 8
    for each in listed.resources:
        assert judged(Schema, await answer(world, f"/Schemas/{each.id}")) == each


async def test_every_resource_type_is_valid_and_its_schemas_exist(world: Any) -> None:
    known = {each["id"] for each in (await answer(world, "/Schemas"))["Resources"]}
    listed = judged(ListResponse[ResourceType], await answer(world, "/ResourceTypes"))
    assert {"User", "UserDbCredentials"} <= {each.name for each in listed.resources}
    for each in listed.resources:
        assert judged(ResourceType, await answer(world, f"/ResourceTypes/{each.id}")) == each
        assert {each.schema_, *(extension.schema_ for extension in each.schema_extensions)} <= known


async def test_the_configuration_is_valid(world: Any) -> None:
    config = judged(ServiceProviderConfig, await answer(world, "/ServiceProviderConfig"))
    assert (config.patch.supported, config.filter.supported, config.bulk.supported) == (True, True, True)
    assert (config.pagination.cursor, config.pagination.index) == (True, True)


async def test_a_client_can_build_its_models_from_discovery_and_read_users_with_them(world: Any) -> None:
    provider = ScimProvider.from_discovery(
        judged(ListResponse[Schema], await answer(world, "/Schemas")).resources,
        judged(ListResponse[ResourceType], await answer(world, "/ResourceTypes")).resources,
        judged(ServiceProviderConfig, await answer(world, "/ServiceProviderConfig")),
    )
    user = provider.model_for_endpoint("/Users")
    found = judged(ListResponse[user], await answer(world, "/Users"))
    assert len(found.resources) >= 10
    assert all(each.user_name for each in found.resources)


@pytest.mark.parametrize("root", ["/admin/v1", "/scim/v2"])
async def test_the_wire_has_what_the_pure_functions_promise(root: str, world: Any) -> None:
    """HEAD without a body, OPTIONS, 401 without a token, one event per request and no nevisIDM call."""
    world.events.clear()
    head = await world.send("HEAD", f"{root}/Schemas")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 1000
    options = await world.send("OPTIONS", f"{root}/Users")
    assert (options.status_code, options.content) == (200, b"")
    assert options.headers["allow"] == options.headers["access-control-allow-methods"]
    assert {"GET", "POST", "OPTIONS"} <= set(options.headers["allow"].split(", "))
    assert "server-timing" in options.headers
    names = [type(event).__name__ for event in world.events]
    assert names == ["RequestEnded", "RequestEnded"]
    assert (await world.send("GET", f"{root}/Schemas", authorization="Bearer wrong")).status_code == 401
    assert (await world.send("DELETE", f"{root}/Schemas")).status_code == 405


async def test_oracles_rows_are_served_in_its_dialect_only(world: Any) -> None:
    asked = "/ResourceTypeSchemaAttributes?filter=resourceType%20eq%20%22User%22&attributes=name"
    found = (await world.send("GET", "/admin/v1" + asked)).json()
    assert {"name": "userName"} in found["Resources"]
    assert (await world.send("GET", "/scim/v2" + asked)).status_code == 404
