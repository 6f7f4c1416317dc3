"""The resource types of discovery itself: ServiceProviderConfig, ResourceType and Schema (RFC 7643 sections 5 to 8.7.2, RFC 9865).

They are described in /Schemas like everything else, so the gateway's answers there can be held against their own schemas.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.scim.schema import Attribute, Kind, ResourceType

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
PROVIDER = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

_READING = frozenset(("get", "search"))
_TYPES = ("string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary")


def told(
    name: str,
    kind: Kind = "string",
    description: str = "",
    *,
    subs: tuple[Attribute, ...] = (),
    many: bool = False,
    required: bool = False,
    exact: bool = False,
    canonical: tuple[str, ...] = (),
) -> Attribute:
    """An attribute that the gateway tells and nobody writes or searches."""
    return Attribute(
        name,
        kind,
        many,
        required,
        "readOnly",
        case_exact=exact,
        canonical=canonical,
        subs=table(*subs),
        description=description,
        reference_types=("uri",) if kind == "reference" else (),
        filterable=False,
    )


def table(*attributes: Attribute) -> Mapping[str, Attribute]:
    """Attributes by lower-case name."""
    return {each.name.lower(): each for each in attributes}


def _feature(name: str, description: str, *more: Attribute) -> Attribute:
    supported = told("supported", "boolean", "Whether the operation is supported.", required=True)
    return told(name, "complex", description, subs=(supported, *more), required=True)


def _provider() -> ResourceType:
    scheme = (
        told("type", description="The authentication scheme.", required=True),
        told("name", description="The scheme's common name.", required=True),
        told("description", description="What the scheme is.", required=True),
        told("specUri", "reference", "The scheme's specification."),
        told("documentationUri", "reference", "How to use the scheme here."),
        told("primary", "boolean", "Whether this is the preferred scheme."),
    )
    pagination = (
        told(
            "cursor",
            "boolean",
            "Whether cursors are supported; they lead forwards, there is no previousCursor.",
            required=True,
        ),
        told("index", "boolean", "Whether startIndex is supported.", required=True),
        told("defaultPaginationMethod", description="The method if none is asked for.", canonical=("cursor", "index")),
        told("defaultPageSize", "integer", "Resources in a page if no count is given."),
        told("maxPageSize", "integer", "Resources in a page at most."),
        told("cursorTimeout", "integer", "Seconds that a cursor is good for."),
    )
    core = (
        told("documentationUri", "reference", "The documentation for people."),
        _feature("patch", "PATCH."),
        _feature(
            "bulk",
            "Bulk requests.",
            told("maxOperations", "integer", "Operations in a request at most.", required=True),
            told("maxPayloadSize", "integer", "Bytes in a request at most.", required=True),
        ),
        _feature("filter", "Filters.", told("maxResults", "integer", "Resources in an answer at most.", required=True)),
        _feature("changePassword", "Changing a password."),
        _feature("sort", "Sorting."),
        _feature("etag", "Entity tags."),
        told("authenticationSchemes", "complex", "How to log in.", subs=scheme, many=True, required=True),
        told("pagination", "complex", "Paging (RFC 9865).", subs=pagination),
    )
    return ResourceType(
        "ServiceProviderConfig",
        "/ServiceProviderConfig",
        PROVIDER,
        "What this gateway supports.",
        table(*core),
        {},
        frozenset(("get",)),
    )


def _resource_type() -> ResourceType:
    extension = (
        told("schema", "reference", "The extension's URN.", required=True, exact=True),
        told("required", "boolean", "Whether a resource must have it.", required=True),
    )
    core = (
        told("id", description="The same as the name."),
        told("name", description="The name of the resource type.", required=True, exact=True),
        told("description", description="What it is."),
        told("endpoint", "reference", "Its address below the root.", required=True),
        told("schema", "reference", "The URN of its schema.", required=True, exact=True),
        told("schemaExtensions", "complex", "Its extensions.", subs=extension, many=True),
    )
    return ResourceType(
        "ResourceType", "/ResourceTypes", RESOURCE_TYPE, "A type of resource.", table(*core), {}, _READING
    )


def _characteristics(*more: Attribute) -> tuple[Attribute, ...]:
    return (
        told("name", description="The attribute's name.", required=True, exact=True),
        told("type", description="Its type.", required=True, canonical=_TYPES),
        told("multiValued", "boolean", "Whether it has several values.", required=True),
        told("description", description="What it is.", exact=True),
        told("required", "boolean", "Whether a resource must have it."),
        told("canonicalValues", description="Values it may have.", many=True, exact=True),
        told("caseExact", "boolean", "Whether case counts."),
        told("mutability", description="Whether and when it can be written.", exact=True),
        told("returned", description="When it is in an answer.", exact=True),
        told("uniqueness", description="Whether two resources may have the same value.", exact=True),
        told("referenceTypes", description="What it may refer to.", many=True, exact=True),
        *more,
    )


ORACLE_CHARACTERISTICS = (
    told("idcsSearchable", "boolean", "Whether a filter may name it."),
    told("idcsMinLength", "integer", "The shortest value."),
    told("idcsMaxLength", "integer", "The longest value."),
    told("idcsDefaultValue", description="What its absence counts as."),
    told("idcsCompositeKey", description="The sub-attributes that identify one of its values.", many=True),
)


def schema_type(oracle: bool) -> ResourceType:
    """The type of /Schemas; `oracle` adds the properties that IDCS has and the gateway knows."""
    extra = ORACLE_CHARACTERISTICS if oracle else ()
    parts = told("subAttributes", "complex", "Its parts.", subs=_characteristics(*extra), many=True)
    core: tuple[Attribute, ...] = (
        told("id", description="The schema's URN.", required=True, exact=True),
        told("name", description="The schema's name.", required=True),
        told("description", description="What it is."),
        told(
            "attributes", "complex", "Its attributes.", subs=_characteristics(*extra, parts), many=True, required=True
        ),
    )
    if oracle:
        core += (
            told("idcsResourceTypes", description="The resource types that have it.", many=True),
            told("idcsMappable", "boolean", "Whether provisioning to applications can map it.", required=True),
        )
    return ResourceType("Schema", "/Schemas", SCHEMA, "A schema.", table(*core), {}, _READING)


PROVIDER_TYPE = _provider()
RESOURCE_TYPE_TYPE = _resource_type()
