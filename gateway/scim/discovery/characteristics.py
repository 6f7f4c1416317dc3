"""One attribute as JSON: the characteristics of RFC 7643 section 7 and, for Oracle's clients, those of IDCS.

Dialect rfc gets the RFC's names and nothing else, because strict clients refuse members that they do not know.
"""

from __future__ import annotations

from gateway.scim.request import Resource
from gateway.scim.schema import Attribute


def characteristics(attribute: Attribute, *, oracle: bool) -> Resource:
    """One attribute in the terms of RFC 7643 section 7, with `oracle` also in those of IDCS. The attribute is a settled one."""
    told: Resource = {"name": attribute.name, "type": attribute.type, "multiValued": attribute.multi_valued}
    if attribute.description:
        told["description"] = attribute.description
    told["required"] = attribute.required
    if attribute.canonical:
        told["canonicalValues"] = list(attribute.canonical)
    if attribute.type in ("string", "reference", "binary"):
        told["caseExact"] = attribute.case_exact or attribute.type == "binary"
    told |= {"mutability": attribute.mutability, "returned": attribute.returned, "uniqueness": attribute.uniqueness}
    if attribute.reference_types:
        told["referenceTypes"] = list(attribute.reference_types)
    if oracle:
        told |= oracle_characteristics(attribute)
    if attribute.subs:
        told["subAttributes"] = [characteristics(sub, oracle=oracle) for sub in attribute.subs.values()]
    return told


def oracle_characteristics(attribute: Attribute) -> Resource:
    """What IDCS tells beyond the RFC, as far as the gateway knows it."""
    told: Resource = {"idcsSearchable": attribute.filterable}
    if attribute.min_length is not None:
        told["idcsMinLength"] = attribute.min_length
    if attribute.max_length is not None:
        told["idcsMaxLength"] = attribute.max_length
    if attribute.default is not None:
        told["idcsDefaultValue"] = _text(attribute.default)
    if attribute.type == "complex" and attribute.multi_valued:
        told["idcsCompositeKey"] = list(attribute.composite_key)
    return told


def _text(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
