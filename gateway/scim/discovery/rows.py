"""/ResourceTypeSchemaAttributes of IDCS: one row per attribute and sub-attribute of each resource type, searchable like any resource.

Property names as Oracle documents them (reference/idcs/resources.yaml); those that the gateway knows nothing about are declared, so
that a filter on them is understood, and have no value. A sub-attribute is named `name.givenName`: no source settles that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.scim.dialect import Dialect
from gateway.scim.discovery.characteristics import characteristics
from gateway.scim.discovery.declared import declared, references
from gateway.scim.request import Resource
from gateway.scim.schema import Attribute, Kind, ResourceType

_STRINGS = """
    name! idcsDisplayNameMessageId resourceType idcsSchemaUrn idcsFullyQualifiedName type description! mutability! returned! uniqueness!
    idcsCsvAttributeName! idcsCsvColumnHeaderName! idcsICFBundleAttributeName! idcsICFAttributeType! idcsDeprecatedSinceReleaseNumber
    idcsAddedSinceReleaseNumber idcsAutoIncrementSeqName idcsSensitive! idcsTargetAttributeName! idcsTargetUniqueConstraintName!
    idcsTargetNormAttributeName! idcsTargetAttributeNameToMigrateFrom! idcsToTargetMapper! idcsFromTargetMapper! idcsDisplayName!
    idcsCanonicalValueSourceResourceType! idcsCanonicalValueSourceFilter idcsRefResourceAttribute idcsDefaultValue endUserMutability!
"""
_LISTS = """
    canonicalValues! referenceTypes! idcsRefResourceAttributes idcsIndirectRefResourceAttributes idcsCompositeKey!
    endUserMutabilityAllowedValues!
"""
_BOOLEANS = """
    idcsCustomAttribute multiValued required caseExact idcsICFRequired idcsMultiLanguage idcsValuePersisted idcsInternal
    idcsTrimStringValue idcsSearchable idcsGenerated idcsAuditable idcsValidateReference idcsFetchComplexAttributeValues
    idcsScimCompliant idcsAttributeMappable idcsAttributeCacheable
"""
_INTEGERS = "idcsDeprecatedSinceVersion idcsAddedSinceVersion idcsMinLength idcsMaxLength idcsMinValue idcsMaxValue"


def _attributes(names: str, kind: Kind = "string", *, many: bool = False) -> dict[str, Attribute]:
    """Read-only attributes from a list of names; `!` marks those where case counts."""
    found = (
        Attribute(name.rstrip("!"), kind, many, mutability="readOnly", case_exact=name.endswith("!"))
        for name in names.split()
    )
    return {each.name.lower(): each for each in found}


ROWS = ResourceType(
    "ResourceTypeSchemaAttribute",
    "/ResourceTypeSchemaAttributes",
    "urn:ietf:params:scim:schemas:oracle:idcs:ResourceTypeSchemaAttribute",
    "An attribute of a resource type.",
    # rows have no id, but IDCS sorts by it unless told otherwise
    {"id": Attribute("id", mutability="readOnly", case_exact=True)}
    | _attributes(_STRINGS)
    | _attributes(_LISTS, many=True)
    | _attributes(_BOOLEANS, "boolean")
    | _attributes(_INTEGERS, "integer"),
    {},
    frozenset(("search",)),
)
"""The type of the rows: read, searched, never written."""


def resource_type_schema_attributes(types: Mapping[str, ResourceType], dialect: Dialect) -> list[Resource]:
    """All rows, type by type in the order of the schemas."""
    return [row for kind in types.values() for row in _rows(kind, dialect, references(types))]


def _rows(kind: ResourceType, dialect: Dialect, refers: Mapping[str, str]) -> Iterator[Resource]:
    for urn, attributes in declared(kind, dialect, refers).items():
        for attribute in attributes.values():
            yield _row(attribute, attribute.name, kind, urn)
            for sub in attribute.subs.values():
                yield _row(sub, f"{attribute.name}.{sub.name}", kind, urn)


def _row(attribute: Attribute, name: str, kind: ResourceType, urn: str) -> Resource:
    told = characteristics(attribute, oracle=True) | {"name": name}
    told.pop("subAttributes", None)
    return told | {
        "resourceType": kind.name,
        "idcsSchemaUrn": urn,
        "idcsFullyQualifiedName": f"{urn}:{name}",
        "idcsCustomAttribute": False,
    }
