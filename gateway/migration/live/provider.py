"""What a service provider says of itself: its types as our mappings name them, how it pages, and what it shows on request only.

Whoever says nothing (no discovery) is taken for a plain RFC 7644 provider with Users and Groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any

from gateway.migration.live.connection import Connection, Declined
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

Json = Any

IDCS_ROOT = "/admin/v1"
MOST_ROWS = 1000
"""The largest page that is asked for; IDCS gives no more."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One type at the provider. `shown`: its attributes that come by themselves, `asked`: what we want and only comes on request;
    `paged`: of those, lists that may be so long that they are asked for in pages, one resource at a time."""

    type: ResourceType
    endpoint: str
    shown: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    paged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: its types by our name. `cursor`: it pages as RFC 9865 says; `sorts`: it has an order to ask for; `sets`: it knows IDCS's
    attributeSets; `page`: rows that are asked for at once."""

    kinds: Map[str, Kind]
    cursor: bool = False
    sorts: bool = False
    sets: bool = False
    page: int = MOST_ROWS


async def look(connection: Connection, types: Iterable[ResourceType]) -> Provider:
    """Ask the provider about itself. `types`: what the mappings have. Raises SourceError."""
    config = await _one(connection, "/ServiceProviderConfig")
    resource_types = await _all(connection, "/ResourceTypes")
    schemas = {str(each.get("id", "")).lower(): each for each in await _all(connection, "/Schemas")}
    ours = {each.schema.lower(): each for each in types if "create" in each.verbs and not each.own_only}
    rows = resource_types or [{"schema": each.schema, "endpoint": each.endpoint} for each in _usual(ours.values())]
    kinds: dict[str, Kind] = {}
    for row in rows:
        kind, endpoint = ours.get(str(row.get("schema", "")).lower()), row.get("endpoint")
        if kind is not None and isinstance(endpoint, str) and kind.name not in kinds:
            kinds[kind.name] = _kind(kind, "/" + endpoint.strip("/").rpartition("/")[2], schemas)
    said = config.get("pagination")
    paging = said if isinstance(said, dict) else {}
    limit = (config.get("filter") or {}).get("maxResults")
    most = [each for each in (limit, paging.get("maxPageSize"), MOST_ROWS) if isinstance(each, int) and each > 0]
    return Provider(
        kinds,
        cursor=paging.get("cursor") is True,
        sorts=(config.get("sort") or {}).get("supported") is True,
        sets=connection.base.rstrip("/").endswith(IDCS_ROOT),
        page=min(most),
    )


def _usual(types: Iterable[ResourceType]) -> Iterator[ResourceType]:
    return (each for each in types if each.endpoint in ("/Users", "/Groups"))


def _kind(ours: ResourceType, endpoint: str, schemas: Map[str, Json]) -> Kind:
    """What is to be asked for: everything that comes by itself, and what the mapping can write of the rest."""
    shown: list[str] = []
    asked: list[str] = []
    paged: list[str] = []
    for urn in (ours.schema, *ours.extensions):
        schema = schemas.get(urn.lower()) or {}
        for declared in schema.get("attributes") or ():
            name, returned = str(declared.get("name", "")), declared.get("returned", "default")
            path = name if urn == ours.schema else f"{urn}:{name}"
            attribute = ours.attribute(Attr(name, urn=None if urn == ours.schema else urn))
            wanted = attribute is not None and attribute.mutability in ("readWrite", "immutable")
            if returned in ("always", "default"):
                shown.append(path)
            elif returned == "request" and attribute is not None and wanted:
                (paged if attribute.apart else asked).append(path)
                wanted = not attribute.apart
            if attribute is not None and wanted:
                asked += _subs(path, declared, attribute)
    return Kind(ours, endpoint, tuple(shown), tuple(asked), tuple(paged))


def _subs(path: str, declared: Json, attribute: Attribute) -> Iterator[str]:
    """The sub-attributes that come only if they are named themselves, of those that the mapping can write."""
    for each in declared.get("subAttributes") or ():
        sub = attribute.sub(str(each.get("name", "")))
        if each.get("returned") == "request" and sub is not None and sub.mutability != "readOnly":
            yield f"{path}.{each['name']}"


async def _one(connection: Connection, path: str) -> Json:
    try:
        found = await connection.get(path)
    except Declined:
        return {}
    resources = found.get("Resources")  # IDCS wraps even this one in a list
    return resources[0] if isinstance(resources, list) and len(resources) == 1 else found


async def _all(connection: Connection, path: str) -> list[Json]:
    """Every resource of a discovery list, in pages where it has more than one."""
    rows: list[Json] = []
    while True:
        parameters = (("startIndex", str(len(rows) + 1)), ("count", str(MOST_ROWS))) if rows else ()
        try:
            found = await connection.get(path, parameters)
        except Declined:
            return rows
        page = [each for each in found.get("Resources") or () if isinstance(each, dict)]
        known = {str(each.get("id") or each.get("name")) for each in rows}
        fresh = [each for each in page if str(each.get("id") or each.get("name")) not in known]
        rows += fresh
        total = found.get("totalResults")
        if not fresh or not isinstance(total, int) or len(rows) >= total:
            return rows
