"""What every answer carries and no mapping says: `schemas`, `meta` and the common attributes of IDCS.

`finish` adds them to a resource that a mapping has shown; `completed` declares them, so that projection and body reading know their
names and characteristics without each of them keeping a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote

from gateway.scim.dialect import Dialect
from gateway.scim.request import Json, Resource
from gateway.scim.schema import Attribute, ResourceType, Returned
from gateway.scim.tree import Attr
from gateway.scim.value import is_reference

_META = ("resourceType", "created", "lastModified", "location", "version")
_IDCS = (
    "ocid",
    "domainOcid",
    "compartmentOcid",
    "tenancyOcid",
    "idcsCreatedBy",
    "idcsLastModifiedBy",
    "idcsPreventedOperations",
    "idcsLastUpgradedInRelease",
    "deleteInProgress",
)
_SERVER_MADE = {name.lower(): name for name in ("schemas", "id", "meta")}
_SERVER_MADE_IDCS = _SERVER_MADE | {name.lower(): name for name in _IDCS}
_OCID = Attribute("ocid", mutability="readOnly", returned="always", case_exact=True)


class Identified:
    """A resource type as itself, not by its content: types live as long as their mappings, so what follows from one can be kept."""

    __slots__ = ("type",)

    def __init__(self, kind: ResourceType) -> None:
        self.type = kind

    def __hash__(self) -> int:
        return id(self.type)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identified) and other.type is self.type


def server_made(name: str, dialect: Dialect | None = None) -> str | None:
    """The declared spelling of a common attribute that only the server writes, None for any other name.

    Its values in a body are ignored unless the type declares it. Without a dialect: those of all.
    """
    names = _SERVER_MADE_IDCS if dialect is None or dialect.common_attributes else _SERVER_MADE
    return names.get(name.lower())


def is_echo(attr: Attr, dialect: Dialect) -> bool:
    """Whether a readOnly value in a body merely repeats what a read showed, perhaps long ago: all common attributes but the id."""
    return not attr.urn and attr.name != "id" and server_made(attr.name, dialect) is not None


def finish(resource: Resource, kind: ResourceType, dialect: Dialect, base: str) -> Resource:
    """The resource with `schemas` first, `id` and IDCS's `ocid`s, what was there, and `meta` last; an action's answer gets `schemas` only.

    `meta.version` becomes an entity tag (RFC 7644 section 3.14), `meta.location` the resource's address below `base`. Pure, and
    finishing twice changes nothing. For many resources use `finisher`.
    """
    return finisher(kind, dialect, base)(resource)


def finisher(kind: ResourceType, dialect: Dialect, base: str) -> Callable[[Resource], Resource]:
    """`finish` for the resources of one answer."""
    extensions, action, common = tuple(kind.extensions), is_action(kind), dialect.common_attributes

    def finished(resource: Resource) -> Resource:
        urns = [urn for urn in extensions if resource.get(urn)]
        made: Resource = {"schemas": [kind.schema, *urns]}
        if action:
            return resource | made
        if resource.get("id") is not None:
            made["id"] = resource["id"]
            if common:
                made["ocid"] = resource["id"]
        made |= with_ocids(resource, kind) if common else resource
        made["schemas"] = [kind.schema, *urns]
        made.pop("meta", None)
        made["meta"] = _meta(resource, kind, base)
        return made

    return finished


def location(kind: ResourceType, base: str, id_: str) -> str:
    """A resource's address; the id is percent-encoded whole. What is only the caller's stands there without one."""
    if kind.own is not None and kind.own_only and kind.own.single:
        return f"{base}{kind.endpoint}"
    plain = id_.isascii() and id_.replace("-", "0").isalnum()  # as nearly all are: nothing in it needs to be encoded
    return f"{base}{kind.endpoint}/{id_ if plain else quote(id_, safe='')}"


def etag(version: Json) -> str:
    """A version as weak entity tag; one that is a tag already stays."""
    text = str(version)
    return text if text.startswith(('W/"', '"')) else f'W/"{text}"'


def is_action(kind: ResourceType) -> bool:
    """Whether nothing is stored under the type's address: its answers have no id of their own, no meta, no location."""
    return "act" in kind.verbs


def completed(kind: ResourceType, dialect: Dialect) -> Mapping[str, Attribute]:
    """The core attributes by lower-case name, with what `finish` adds declared where the mapping does not.

    `schemas` is returned as the dialect says, `meta` by default (RFC 7643 section 3.1), whatever was declared.
    """
    core = {name: _referring(attribute, dialect) for name, attribute in kind.core.items()}
    kept: Returned = "always" if dialect.always_schemas else "default"
    core["schemas"] = Attribute("schemas", multi_valued=True, mutability="readOnly", returned=kept)
    if is_action(kind):
        return core
    core["id"] = replace(core.get("id") or Attribute("id", mutability="readOnly", case_exact=True), returned="always")
    if dialect.common_attributes:
        core.setdefault("ocid", replace(_OCID, returned="default"))
    meta = core.get("meta") or Attribute("meta", "complex", mutability="readOnly")
    subs = {name.lower(): Attribute(name, mutability="readOnly") for name in _META} | dict(meta.subs)
    core["meta"] = replace(meta, subs=subs, returned="default")
    return core


def referring(table: Mapping[str, Attribute], dialect: Dialect) -> Mapping[str, Attribute]:
    """An extension's attributes, the references among them with the `ocid` that the dialect shows."""
    return {name: _referring(attribute, dialect) for name, attribute in table.items()}


def _referring(attribute: Attribute, dialect: Dialect) -> Attribute:
    if not dialect.common_attributes or not is_reference(attribute) or "ocid" in attribute.subs:
        return attribute
    return replace(attribute, subs={**attribute.subs, "ocid": _OCID})


def _meta(resource: Resource, kind: ResourceType, base: str) -> Resource:
    shown = resource.get("meta") or {}
    meta = {"resourceType": kind.name, **shown}
    if resource.get("id") is not None:
        meta["location"] = location(kind, base, str(resource["id"]))
    if shown.get("version") is not None:
        meta["version"] = etag(shown["version"])
    return meta


def with_ocids(resource: Resource, kind: ResourceType) -> Resource:
    """A copy in which each reference shows its `ocid`, equal to its value."""
    shown = dict(resource)
    for urn, names in _references(Identified(kind)):
        if not urn:
            _show_ocids(shown, names)
        elif resource.get(urn):
            shown[urn] = dict(resource[urn])
            _show_ocids(shown[urn], names)
    return shown


@lru_cache(maxsize=64)
def _references(kind: Identified) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """By URN, the names of the attributes that refer to other resources."""
    tables = (("", kind.type.core), *kind.type.extensions.items())
    return tuple((urn, tuple(each.name for each in table.values() if is_reference(each))) for urn, table in tables)


def refers(kind: ResourceType, attr: Attr) -> bool:
    """Whether an attribute, with or without a sub-attribute, refers to other resources."""
    return any(attr.name in names for urn, names in _references(Identified(kind)) if urn == (attr.urn or ""))


def _show_ocids(values: Resource, names: tuple[str, ...]) -> None:
    for name in names:
        value = values.get(name)
        if value:
            values[name] = [with_ocid(each) for each in value] if isinstance(value, list) else with_ocid(value)


def with_ocid(reference: Json) -> Json:
    """A reference that shows its `ocid`."""
    if not isinstance(reference, dict) or "value" not in reference or "ocid" in reference:
        return reference
    return {"value": reference["value"], "ocid": reference["value"], **reference}
