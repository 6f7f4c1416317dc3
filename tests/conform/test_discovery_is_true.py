"""What discovery declares holds: each attribute of each shipped type is tried over the whole gateway."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

ADMIN = "/admin/v1"


async def rows(world: Any) -> list[dict[str, Any]]:
    """All rows, page by page; without those of types that stand at people's own addresses only, where a program may ask nothing."""
    resources: list[dict[str, Any]] = []
    total = 1
    while len(resources) < total:
        path = f"{ADMIN}/ResourceTypeSchemaAttributes?count=1000&startIndex={len(resources) + 1}"
        found = (await world.send("GET", path)).json()
        resources, total = resources + found["Resources"], found["totalResults"]
    own = {name for name, mapping in world.context.mappings.by_name.items() if mapping.type.own_only}
    return [each for each in resources if each["resourceType"] not in own]


async def endpoints(world: Any) -> dict[str, str]:
    """The address of each type that answers searches."""
    found = (await world.send("GET", f"{ADMIN}/ResourceTypes")).json()["Resources"]
    offered: dict[str, str] = {}
    for each in found:
        allow = (await world.send("OPTIONS", ADMIN + each["endpoint"])).headers["allow"]
        if "GET" in allow.split(", "):
            offered[each["name"]] = ADMIN + each["endpoint"]
    return offered


async def test_a_filter_is_refused_exactly_where_an_attribute_is_declared_not_searchable(make_world: Any) -> None:
    world = await make_world(5)
    searched = await endpoints(world)
    tried = set()
    for row in await rows(world):
        if row["resourceType"] not in searched:
            assert row["idcsSearchable"] is False, row["idcsFullyQualifiedName"]
            continue
        filter_ = quote(f"{row['idcsFullyQualifiedName']} pr")
        reply = await world.send("GET", f"{searched[row['resourceType']]}?filter={filter_}&count=1")
        message = reply.json().get("urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error", {}).get("messageId")
        beyond = (
            "error.common.validation.tooMany",
            "error.common.common.notImplemented",
        )  # too dear, or too new a type
        accepted = reply.status_code == 200 or message in beyond
        assert accepted is row["idcsSearchable"], (row["idcsFullyQualifiedName"], reply.text)
        tried.add(row["idcsSearchable"])
    assert tried == {True, False}


async def test_what_a_read_shows_is_declared(make_world: Any) -> None:
    world = await make_world(5)
    declared = {(row["resourceType"], row["idcsFullyQualifiedName"]): row for row in await rows(world)}
    seen: set[str] = set()
    for name, address in (await endpoints(world)).items():
        schema = {row["idcsSchemaUrn"] for key, row in declared.items() if key[0] == name}
        found = (await world.send("GET", f"{address}?count=5&attributeSets=all")).json()
        for resource in found.get("Resources", []):
            seen.add(name)
            for key, value in resource.items():
                tables = {key: value} if key in schema else {_core(name, declared): {key: value}}
                for urn, attributes in tables.items():
                    for attribute in attributes:
                        row = declared.get((name, f"{urn}:{attribute}"))
                        assert row is not None, (name, key, attribute)
                        assert row["returned"] != "never", (name, key, attribute)
                        assert isinstance(attributes[attribute], list) is row["multiValued"], (name, attribute)
    assert {"User", "UserDbCredentials", "UserGenericCredentials"} <= seen


def _core(name: str, declared: dict[tuple[str, str], dict[str, Any]]) -> str:
    """The type's own URN: the one in which `schemas` is declared."""
    return next(
        str(row["idcsSchemaUrn"]) for key, row in declared.items() if key[0] == name and row["name"] == "schemas"
    )
