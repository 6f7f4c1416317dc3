"""A full scan: a filter as a plain value, what it means on what a client is shown, and how a client writes it.

A second reading of RFC 7644 section 3.4.2.2 that shares nothing with the gateway. A filter is a tuple: `("eq", path, value)`,
`("pr", path)`, `("not", x)`, `("and", [x, …])`, `("or", [x, …])`, `("in", path, x)` for `path[x]`, `("in.", path, x, y)` for
`path[x].y`. A path is a triple of URN, attribute and sub-attribute, each perhaps "".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
IDCS_USER = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User"

Json = Any
Path = tuple[str, str, str]
Node = tuple[Any, ...]


def paths(kind: str, text: str, urn: str = "") -> dict[Path, str]:
    found = (name.partition(".") for name in text.split())
    return {(urn, top, sub): kind for top, _, sub in found}


TYPES: dict[Path, str] = {
    **paths("exact", "id externalId groups.value meta.resourceType"),
    **paths(
        "text",
        "userName name.givenName name.familyName name.formatted displayName title timezone preferredLanguage locale"
        " emails.value emails.type phoneNumbers.value phoneNumbers.type addresses.type addresses.streetAddress"
        " nickName addresses.locality addresses.postalCode addresses.country",
    ),
    **paths("flag", "active emails.primary"),
    **paths("when", "meta.created meta.lastModified"),
    **paths("text", "state", NEVIS),
    **paths("flag", "technicalUser valid", NEVIS),
    **paths("when", "validFrom validTo", NEVIS),
    **paths("text", "department", ENTERPRISE),
    **paths("exact", "manager.value", ENTERPRISE),
    **paths("exact", "unit properties.employee_id properties.costCentre properties.building", NEVIS),
    **paths("exact", "profile.costCentre profile.function classifications.costCentre", NEVIS),
    **paths("exact", "appRoles.value appRoles.appId appRoles.$ref", IDCS_USER),
    **paths("text", "appRoles.display appRoles.appName appRoles.legacyGroupName", IDCS_USER),
    **paths("flag", "appRoles.adminRole", IDCS_USER),
}
DEAR = {"groups", "appRoles", "unit", "profile"}  # one call per person, or two
FREE = {"properties", "profile", "classifications"}  # whose names mind case


def found(resource: Json, path: Path) -> list[Json]:
    """All values there are at a path."""
    level = [resource]
    for key in path:
        if key:
            level = [value.get(key) for value in level if isinstance(value, dict)]
            level = [each for value in level for each in (value if isinstance(value, list) else [value])]
    return [value for value in level if there(value)]


def there(value: Json) -> bool:
    if isinstance(value, dict):
        return any(there(each) for each in value.values())
    return any(there(each) for each in value) if isinstance(value, list) else value not in (None, "")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper().replace("Z", "+00:00"))


def alike(value: Json, kind: str) -> Json:
    return moment(value) if kind == "when" else value.lower() if kind == "text" else value


def compare(op: str, left: Json, right: Json) -> bool:
    match op:
        case "eq":
            return bool(left == right)
        case "co":
            return right in left
        case "sw":
            return left[: len(right)] == right
        case "ew":
            return left[max(0, len(left) - len(right)) :] == right
        case "gt":
            return left > right
        case "ge":
            return left >= right
        case "lt":
            return left < right
    return left <= right


def holds(node: Node, resource: Json, kinds: dict[Path, str] = TYPES) -> bool:
    match node:
        case ("pr", path):
            return bool(found(resource, path))
        case ("not", inner):
            return not holds(inner, resource, kinds)
        case ("and", terms):
            return all(holds(term, resource, kinds) for term in terms)
        case ("or", terms):
            return any(holds(term, resource, kinds) for term in terms)
        case ("in", path, inner):
            return any(holds(inner, value, within(path)) for value in found(resource, path))
        case ("in.", path, inner, outer):
            return holds(("in", path, ("and", [inner, outer])), resource, kinds)
        case ("ne", path, value):
            return not holds(("eq", path, value), resource, kinds)
        case (op, path, None | ""):
            return bool(found(resource, path)) == (op in ("co", "sw", "ew", "gt", "ge")) and op not in ("lt", "le")
    op, path, value = node
    kind = kinds[path]
    return any(compare(op, alike(each, kind), alike(value, kind)) for each in found(resource, path))


def within(path: Path) -> dict[Path, str]:
    """The types of what stands in a complex attribute, by relative names."""
    return {("", sub, ""): kind for (urn, top, sub), kind in TYPES.items() if (urn, top) == path[:2] and sub}


def attributes(node: Node) -> Iterator[str]:
    for part in node[1:]:
        if isinstance(part, list):
            for each in part:
                yield from attributes(each)
        elif isinstance(part, tuple) and part and part[0] in ("", NEVIS, IDCS_USER):
            yield part[1]
        elif isinstance(part, tuple):
            yield from attributes(part)


def spelt(node: Node, loud: bool = False) -> str:
    """The filter as a client writes it; `loud`: in capitals where case means nothing."""
    match node:
        case ("not", inner):
            return f"not ({spelt(inner, loud)})"
        case ("and" | "or" as word, terms):
            return f" {word.upper() if loud else word} ".join(f"({spelt(term, loud)})" for term in terms)
        case ("in", path, inner):
            return f"{named(path, loud)}[{spelt(inner, loud and path[1] not in FREE)}]"
        case ("in.", path, inner, (op, outer, value)):
            return f"{spelt(('in', path, inner), loud)}.{outer[1]} {op} {json.dumps(value)}"
        case ("pr", path):
            return f"{named(path, loud)} pr"
    op, path, value = node
    return f"{named(path, loud)} {op.upper() if loud else op} {json.dumps(value, ensure_ascii=loud)}"


def named(path: Path, loud: bool) -> str:
    urn, top, sub = path
    head = f"{urn}:{top}" if urn else top
    return (head.upper() if loud else head) + (f".{sub.upper() if loud and top not in FREE else sub}" if sub else "")
