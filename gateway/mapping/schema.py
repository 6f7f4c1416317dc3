"""From attribute lines to the SCIM schema: what RFC 7643 wants said and nobody has to write.

Derived here (mapping-format, section 3.1): `id`, `schemas` and `meta`; the type from the lens, the constant or the name; readOnly where
nothing can be written, immutable where only a create can; returned never from writeOnly; multi-valued from slots and each; the
characteristics of a complex attribute from its sub-attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import replace
from typing import Literal

from gateway.mapping.file_attribute import AttributeSpec
from gateway.mapping.lens import Lens
from gateway.nevisidm.template import Template
from gateway.scim.schema import Attribute, Kind, Mutability, Returned

Takes = Literal["never", "new", "always"]
"""When a value can reach nevisIDM: not at all, only when the resource is made, or at any time."""
Origin = Map[str, Template | bool | int]
_SERVER = ("resourceType", "location", "version")
_FREE: tuple[Mutability, ...] = ("readWrite", "immutable", "writeOnly", "readOnly")
_FILLED = "Always has a value: a create may leave it out, then nevisIDM chooses one. It can be replaced, not removed."
_NEVER_PRIMARY = Attribute("primary", "boolean", mutability="readOnly", default=False)
"""What slots have that do not say which of them is the primary one: clients send it all the same (`mapping/place.py`)."""


def attribute_of(
    name: str, spec: AttributeSpec, lens: Lens, origin: Origin, takes: Takes, *, is_id: bool = False
) -> Attribute:
    """One attribute without sub-attributes. `takes`: when a call of the file, or an action, takes its value; `is_id`: it minds case."""
    mutability: Mutability = spec.mutability or _mutability("never" if origin or lens.read_only else takes)
    once = spec.returned == "once"
    said: Returned | None = "default" if spec.returned == "once" else spec.returned
    returned: Returned = said or ("never" if mutability == "writeOnly" else "default")
    secret = bool(spec.secret) or once
    low, high = spec.length if spec.length is not None and len(spec.length) == 2 else (None, None)
    default = spec.default
    return Attribute(
        name,
        spec.type or _kind(name, lens, origin),
        multi_valued=bool(spec.multi_valued) or lens.shows_many,
        required=bool(spec.required),
        mutability=mutability,
        returned=returned,
        uniqueness=spec.uniqueness or "none",
        case_exact=bool(spec.case_exact) or is_id or (spec.case_exact is None and name == "$ref"),
        canonical=tuple(spec.canonical_values or _constants(origin)),
        min_length=low or None,
        max_length=high,
        default=str(default) if isinstance(default, float) else default,
        filterable=not (secret or returned == "never" or mutability == "writeOnly" or spec.search == "none"),
        secret=secret,
        once=once,
        description=_FILLED if spec.filled else "",
        reference_types=_referenced(name, origin),
        filled=bool(spec.filled),
        only_new=takes == "new" and mutability == "immutable",
    )


def _mutability(takes: Takes) -> Mutability:
    return "readOnly" if takes == "never" else "immutable" if takes == "new" else "readWrite"


def _kind(name: str, lens: Lens, origin: Origin) -> Kind:
    constants = list(origin.values())
    if constants and all(isinstance(each, bool) for each in constants):
        return "boolean"
    if constants and all(isinstance(each, int) and not isinstance(each, bool) for each in constants):
        return "integer"
    return "reference" if name == "$ref" else lens.shows


def _constants(origin: Origin) -> tuple[str, ...]:
    """The values of an attribute that is nothing but constant texts: there are no others."""
    texts = [each for each in origin.values() if isinstance(each, Template) and not each.holes]
    return tuple(dict.fromkeys(each.text for each in texts)) if len(texts) == len(origin) else ()


def _referenced(name: str, origin: Origin) -> tuple[str, ...]:
    """The addresses that a `$ref` leads to: `{base}/Groups/{…}` refers to Groups."""
    texts = [each.text.split("/") for each in origin.values() if isinstance(each, Template)]
    led = [parts[1] for parts in texts if parts[0] == "{base}" and len(parts) > 2]
    return tuple(dict.fromkeys(led)) if name == "$ref" else ()


def complex_of(
    name: str, subs: Iterable[Attribute], spec: AttributeSpec | None = None, *, many: bool = False
) -> Attribute:
    """A complex attribute: what its own line says, else what is true of all its sub-attributes."""
    table = {sub.name.lower(): sub for sub in subs if sub.name != "*"}
    if spec is not None and spec.slots is not None:
        table.setdefault("primary", _NEVER_PRIMARY)
    free = next((sub for sub in subs if sub.name == "*"), None)
    parts = [*table.values(), *([free] if free else [])]
    says = spec or AttributeSpec()
    key = ("value",) if "value" in table else ()
    return Attribute(
        name,
        "complex",
        multi_valued=many,
        required=bool(says.required),
        mutability=says.mutability or _taken(parts),
        returned=_shown(parts) if says.returned is None or says.returned == "once" else says.returned,
        uniqueness=says.uniqueness or "none",
        case_exact=free is not None,
        subs=table,
        filterable=any(sub.filterable for sub in parts) and says.search != "none",
        secret=bool(says.secret) or (bool(parts) and all(sub.secret for sub in parts)),
        open=free is not None,
        open_multi=free is not None and free.multi_valued,
        composite_key=tuple(says.key or ())
        or (*key, *(("type",) if spec and spec.slots and "type" in table else ()))
        or ("value",),
    )


def _shown(subs: Iterable[Attribute]) -> Returned:
    """Returned by default as soon as one sub-attribute is: only what all of them keep back is kept back as a whole."""
    present = {sub.returned for sub in subs}
    if not present or present & {"always", "default"}:
        return "default"
    return "request" if "request" in present else "never"


def _taken(subs: Iterable[Attribute]) -> Mutability:
    """What one sub-attribute takes, the whole takes."""
    present = {sub.mutability for sub in subs}
    return next((each for each in _FREE if each in present), "readWrite")


def constant_of(name: str, values: Iterable[str | bool | int], *, written: bool) -> Attribute:
    """A sub-attribute of slots that every slot has as a constant, such as `type` and `primary`. `written`: the slots can be."""
    found = list(dict.fromkeys(values))
    kind: Kind = "boolean" if all(isinstance(each, bool) for each in found) else "string"
    canonical = tuple(map(str, found)) if kind == "string" else ()
    return Attribute(name, kind, canonical=canonical, mutability="readWrite" if written else "readOnly")


def with_common(core: Map[str, Attribute], *, has_id: bool, action: bool) -> dict[str, Attribute]:
    """The core attributes with `schemas`, and for what is stored `id` and `meta`."""
    common = {"schemas": Attribute("schemas", multi_valued=True, mutability="readOnly", returned="always")}
    if action:
        return common | dict(core)
    if has_id:
        common["id"] = Attribute("id", mutability="readOnly", returned="always", uniqueness="global", case_exact=True)
    server = {
        name.lower(): Attribute(name, mutability="readOnly", case_exact=True, filterable=name == "resourceType")
        for name in _SERVER
    }
    said = core.get("meta")
    subs = dict(said.subs) if said is not None else {}
    meta = Attribute("meta", "complex", mutability="readOnly", subs=server | subs)
    return common | dict(core) | {"meta": replace(meta, name="meta")}
