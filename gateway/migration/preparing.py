"""From a row to what a request to the gateway would have as its body: known names, the target's ids in references, and what is missing.

The resource is read by the same code as a request's body. What the mappings do not know is left out if the list says so (`dropping.py`) and
refused otherwise. References become ids of nevisIDM by what was loaded before; those that nobody has yet are taken out and named, for
later.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.errors import BadRequest, Unsupported
from gateway.mapping.apart import aparts
from gateway.mapping.kept import kept as kept_mapping
from gateway.mapping.model import Mapping, Mappings
from gateway.migration.dropping import Dropping
from gateway.migration.references import Reference, references
from gateway.migration.row import Row
from gateway.scim.dialect import ALL_LENIENCIES, IDCS, Dialect
from gateway.scim.finish import server_made
from gateway.scim.intake import read_resource, require
from gateway.scim.matching import sent
from gateway.scim.names import nameable
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

IdOf = Callable[[str, str], str | None]
"""The id in nevisIDM of what the source calls so: (type, key) → id."""


_HASHED = re.compile(r"\{[A-Za-z0-9-]+\}.")
"""A password as directories keep one (RFC 2307, section 5.3): `{SSHA}…`."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A reference to something that is not in nevisIDM yet, or will never be. `firm`: the row cannot be written without it."""

    attr: Attr
    type: str
    key: str
    firm: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """A row as it can be written. `apart`: by list, the elements that are written one by one, by their keys in nevisIDM.

    `digest` says what it is without saying it; secrets are no part of it. `names`: the attributes it has. `left_out`: what the list left
    out, by name; `made_there`: what only nevisIDM writes.
    """

    row: Row
    mapping: Mapping
    body: Resource = field(repr=False)
    apart: Map[Attr, Map[str, Resource]] = field(default_factory=dict, repr=False)
    missing: tuple[Missing, ...] = ()
    digest: bytes = b""
    names: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    made_there: tuple[str, ...] = ()
    secrets: tuple[Attr, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether it refers to something without which it cannot be written."""
        return any(each.firm for each in self.missing)

    def public(self) -> Resource:
        """The body without what nobody can read back."""
        body = {name: dict(value) if name.startswith("urn:") else value for name, value in self.body.items()}
        for attr in self.secrets:
            (body[attr.urn] if attr.urn else body).pop(attr.name, None)
        return body


class Preparing:
    """Prepares rows for one set of mappings. `dialect`: how lenient values are read."""

    def __init__(self, mappings: Mappings, dropping: Dropping, dialect: Dialect = IDCS) -> None:
        self._mappings = mappings
        self._dropping = dropping
        self._dialect = dataclasses.replace(dialect, leniencies=ALL_LENIENCIES)
        self._references: dict[str, tuple[Reference, ...]] = {}

    def references(self, mapping: Mapping) -> tuple[Reference, ...]:
        """The attributes of that type that refer to others."""
        found = self._references.get(mapping.name)
        if found is None:
            found = self._references[mapping.name] = references(mapping, self._mappings)
        return found

    def ready(self, row: Row, id_of: IdOf) -> Ready:
        """The row, ready. Raises BadRequest for what a request would be refused for, Unsupported where the mappings have no such type."""
        mapping = self._mappings.by_name.get(row.type)
        if mapping is None or "create" not in mapping.type.verbs:
            raise Unsupported("GW203", f"Resources of the type {nameable(row.type)} cannot be created by the mappings.")
        kind = mapping.type
        kept, gone = self._dropping.of(dict(row.resource))
        strange: list[str] = []
        kept["schemas"] = [kind.schema]
        if isinstance(kept.get("password"), str) and _HASHED.match(kept["password"]):
            del kept["password"]
            gone.append("passwordHash")
        body = read_resource(kept, kind, self._dialect, creating=True, left_out=strange)
        refused = [name for name in strange if not self._dropping.covers(name)]
        if refused:
            text = f"{kind.name} has no {', '.join(sorted(set(refused)))}. Map it, or leave it out by --drop NAME."
            raise BadRequest("GW119", text)
        require(body, kind)
        missing = self._translate(body, mapping, id_of)
        apart = {}
        for attr, how in aparts(mapping).items():
            values = _table(body, attr).pop(attr.name, None) or ()
            apart[attr] = {str(each[how.key]): each for each in values if how.key in each}
        said = list(sent(kind, body))
        secrets = tuple(attr for attr, attribute, _ in said if attribute.mutability == "writeOnly" or attribute.secret)
        ready = Ready(
            row,
            mapping,
            body,
            apart,
            tuple(missing),
            b"",
            tuple(str(attr) for attr, _, _ in said if attr not in secrets),
            (*(name for name in gone if server_made(name) is None or name.lower() == "idcscreatedby"), *strange),
            _made_there(kept, mapping),
            secrets,
        )
        return dataclasses.replace(ready, digest=_digest(ready))

    def _translate(self, body: Resource, mapping: Mapping, id_of: IdOf) -> list[Missing]:
        """Ids of nevisIDM instead of the source's keys, in place; what refers to nobody is taken out and returned."""
        missing: list[Missing] = []
        for reference in self.references(mapping):
            attr = reference.attr
            table = _table(body, attr)
            held = table.get(attr.name)
            if held is None:
                continue
            values = held if isinstance(held, list) else [held]
            kept = [each for each in values if _translated(each, reference, id_of, missing)]
            if not kept:
                del table[attr.name]
            elif len(kept) < len(values):
                table[attr.name] = kept
        return missing


def _translated(value: Any, reference: Reference, id_of: IdOf, missing: list[Missing]) -> bool:
    """Whether the value refers to somebody; it then has that id."""
    sub = reference.attr.sub or ""
    key = value.get(sub) if isinstance(value, dict) else None
    if key is None:
        return True
    said = value.get("type")
    kind = said if reference.many and isinstance(said, str) and said[:1].isupper() else reference.type
    found = id_of(kind, key)
    if found is None:
        missing.append(Missing(reference.attr, kind, key, reference.firm))
        return False
    value[sub] = found
    return True


def _table(body: Resource, attr: Attr) -> Resource:
    """The part of a body that holds an attribute; an empty one that belongs to nothing where there is none."""
    found = body.get(attr.urn) if attr.urn else body
    return found if isinstance(found, dict) else {}


def _made_there(kept: Resource, mapping: Mapping) -> tuple[str, ...]:
    """The attributes that the type knows, that came with the row, and that only nevisIDM writes."""
    found = []
    for name, value in kept.items():
        if name.startswith("urn:"):
            inner = value if isinstance(value, dict) else {}
            found += [made for key in inner if (made := _made(mapping, f"{name}:{key}")) is not None]
        elif (made := _made(mapping, name)) is not None:
            found.append(made)
    return tuple(found)


@kept_mapping
def _made(mapping: Mapping, name: str) -> str | None:
    """The declared name of an attribute that only nevisIDM writes; None for any other."""
    urn, _, key = name.rpartition(":")
    declared = mapping.type.urn(urn) if urn else ""
    attribute = mapping.type.attribute(Attr(key, urn=declared or None)) if declared is not None else None
    if attribute is None or attribute.mutability != "readOnly" or server_made(key) is not None:
        return None
    return str(Attr(attribute.name, urn=declared or None))


def _digest(ready: Ready) -> bytes:
    said = [ready.public(), {str(attr): sorted(values) for attr, values in ready.apart.items()}]
    return hashlib.blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
