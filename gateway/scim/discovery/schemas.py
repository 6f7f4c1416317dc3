"""/Schemas and /ResourceTypes as JSON resources (RFC 7643 sections 6, 7 and 8.7; IDCS section 10.23).

Decided here:

- A schema that several types share is told once, with the attributes of all of them; where they differ the first type counts.
- An action (PasswordAuthenticator), or a type that is only written (UserStatusChanger), has nothing that could be listed or read, so it is
  no resource type in the sense of RFC 7644 section 4 and would only mislead a client that tries what it finds. Its schema is told in
  both dialects; IDCS calls actions resource types, so there it is one.
- A free map is a complex attribute whose `subAttributes` are the names that the installation declares (setting `names`), none by default:
  SCIM has no word for one, and strict clients accept that.
- In dialect rfc, what nevisIDM always has a value of is `required` (decision 015); in IDCS's, `required` is what a body must have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gateway.scim.dialect import Dialect
from gateway.scim.discovery.characteristics import characteristics
from gateway.scim.discovery.declared import Table, always_there, declared, is_oracle, references
from gateway.scim.discovery.own import PROVIDER_TYPE, RESOURCE_TYPE, RESOURCE_TYPE_TYPE, SCHEMA, schema_type
from gateway.scim.discovery.rows import ROWS
from gateway.scim.finish import is_action
from gateway.scim.request import Resource
from gateway.scim.schema import ResourceType

Types = Mapping[str, ResourceType]
"""Resource types by the lower-case first segment of their address."""

_GENERIC = re.compile(r"urn|ietf|params|scim|schemas|core|extension|\d+(\.\d+)*", re.I)


def schemas(types: Types, dialect: Dialect, base: str) -> list[Resource]:
    """Every schema: of the types and their extensions, in order, then those of discovery itself."""
    return _of(types.values(), own_types(dialect), types, dialect, base)


def _of(
    kinds: Iterable[ResourceType], own: Iterable[ResourceType], types: Types, dialect: Dialect, base: str
) -> list[Resource]:
    """The schemas of these types of the gateway and of these of discovery."""
    found: dict[str, Resource] = {}
    for kind in kinds:
        for urn, attributes in declared(kind, dialect, references(types)).items():
            known = found.setdefault(urn.lower(), _schema(urn, kind, dialect, base))
            _add(known, kind, attributes, dialect)
    for kind in own:
        known = found.setdefault(kind.schema.lower(), _schema(kind.schema, kind, dialect, base))
        _add(known, kind, kind.core, dialect)
    return list(found.values())


def schema(urn: str, types: Types, dialect: Dialect, base: str) -> Resource | None:
    """The schema of that URN, whatever its case; None if there is none. Only the types that have it are looked at."""
    having = [kind for kind in types.values() if kind.urn(urn) is not None]
    own = [kind for kind in own_types(dialect) if kind.urn(urn) is not None]
    return next((each for each in _of(having, own, types, dialect, base) if each["id"].lower() == urn.lower()), None)


def resource_types(types: Types, dialect: Dialect, base: str) -> list[Resource]:
    """Every resource type that can be told in this dialect."""
    return [_resource_type(kind, base) for kind in types.values() if is_oracle(dialect) or _can_be_read(kind)]


def _can_be_read(kind: ResourceType) -> bool:
    return not is_action(kind) and not kind.verbs.isdisjoint(("get", "search"))


def resource_type(name: str, types: Types, dialect: Dialect, base: str) -> Resource | None:
    """The resource type of that name, whatever its case; None if there is none."""
    return next((each for each in resource_types(types, dialect, base) if each["id"].lower() == name.lower()), None)


def own_types(dialect: Dialect) -> tuple[ResourceType, ...]:
    """The types of discovery's own resources."""
    oracle = is_oracle(dialect)
    return (PROVIDER_TYPE, RESOURCE_TYPE_TYPE, schema_type(oracle), *((ROWS,) if oracle else ()))


def _schema(urn: str, kind: ResourceType, dialect: Dialect, base: str) -> Resource:
    own = urn == kind.schema
    told: Resource = {"schemas": [SCHEMA], "id": urn, "name": kind.name if own else extension_name(urn)}
    description = kind.description if own else f"What the gateway adds to {kind.name}."
    if description:
        told["description"] = description
    if is_oracle(dialect):
        told |= {"idcsResourceTypes": [], "idcsMappable": False}
    return told | {"attributes": [], "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"}}


def _add(schema: Resource, kind: ResourceType, attributes: Table, dialect: Dialect) -> None:
    oracle = is_oracle(dialect)
    if oracle and kind.name not in schema["idcsResourceTypes"]:
        schema["idcsResourceTypes"].append(kind.name)
    known = {each["name"].lower() for each in schema["attributes"]}
    schema["attributes"] += [
        characteristics(each if oracle else always_there(each), oracle=oracle)
        for name, each in attributes.items()
        if name not in known
    ]


def _resource_type(kind: ResourceType, base: str) -> Resource:
    told: Resource = {"schemas": [RESOURCE_TYPE], "id": kind.name, "name": kind.name}
    if kind.description:
        told["description"] = kind.description
    return told | {
        "endpoint": kind.endpoint,
        "schema": kind.schema,
        "schemaExtensions": [{"schema": urn, "required": urn in kind.required_extensions} for urn in kind.extensions],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{kind.name}"},
    }


def extension_name(urn: str) -> str:
    """A name for an extension, from the telling parts of its URN: `…:extension:enterprise:2.0:User` is EnterpriseUser."""
    parts = [part for part in urn.split(":") if part and not _GENERIC.fullmatch(part)]
    return "".join(part[0].upper() + part[1:] for part in _without_echo(parts)) or "Extension"


def _without_echo(parts: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if not kept or part.lower() != kept[-1].lower():
            kept.append(part)
    return kept
