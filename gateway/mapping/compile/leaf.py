"""One attribute line without sub-attributes of its own: where its value comes from, through which lens, and what it is called on routes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.mapping.compile.notes import Notes, Part
from gateway.mapping.compile.writing import Writing
from gateway.mapping.file_attribute import AttributeSpec, LensSpec, plain
from gateway.mapping.identity import id_fault
from gateway.mapping.keys import Scalar
from gateway.mapping.leaf import Leaf
from gateway.mapping.lens import Lens
from gateway.mapping.lenses import IDENTITY, build_lens
from gateway.mapping.record import Field
from gateway.mapping.schema import Takes, attribute_of
from gateway.nevisidm.template import Template
from gateway.scim.tree import Attr

Json = Any


class Leaves:
    """Makes leaves for one file. `action`: attributes without a source are what may be asked."""

    def __init__(self, writing: Writing, notes: Notes, *, action: bool) -> None:
        self.writing = writing
        self._action = action
        self.notes = notes

    def leaf(self, attr: Attr, spec: AttributeSpec, *path: Part) -> Leaf:
        """The leaf of the attribute line at `path`."""
        lens = self._lens(spec, *path)
        joined = self._joined(spec, *path)
        fields = self._parts(joined, *path) if joined is not None else self._fields(spec, *path)
        origin = self._origin(spec, *path)
        can_write = any(self.writing.verbs(field) for field in fields.values()) or (self._action and not origin)
        meta = attr.name == "meta" and attr.urn is None
        only_new = bool(fields) and all(self.writing.only_new(field) for field in fields.values())
        takes: Takes = "never" if not can_write or meta or spec.made is not None else "new" if only_new else "always"
        schema = attribute_of(attr.sub or attr.name, spec, lens, origin, takes, is_id=joined is not None)
        if spec.length is not None and (len(spec.length) != 2 or spec.length[0] > spec.length[1]):
            self.notes.error("M103", (*path, "length"), "`length` is the shortest and the longest", "write [1, 300]")
        place, routes = self.notes.place(*path), _routes(spec)
        by = self.notes.field(spec.by, *path, "by") if spec.by is not None else None
        found = Leaf(attr, schema, place, lens, fields, origin, routes, schema.filterable, joined, by, spec.made)
        return found if spec.refers is None else replace(found, refers=spec.refers)

    def _lens(self, spec: AttributeSpec, *path: Part) -> Lens:
        try:
            return build_lens(plain(spec.as_), spec.idm if isinstance(spec.idm, dict) else None)
        except ValueError as error:
            code = "M312" if _leads_elsewhere(spec) else "M103"
            self.notes.error(code, (*path, "as" if spec.as_ is not None else "idm"), str(error))
            return IDENTITY

    def _joined(self, spec: AttributeSpec, *path: Part) -> Template | None:
        """The template of an `idm` that several fields make, as an id is made."""
        if not isinstance(spec.idm, str) or "{" not in spec.idm:
            return None
        template = self.notes.template(spec.idm, *path, "idm")
        if template is None:
            return None
        if fault := id_fault(template):
            self.notes.error("M103", (*path, "idm"), f"it cannot be taken apart again: {fault}")
        elif spec.as_ is not None:
            self.notes.error("M103", (*path, "as"), "an id that several fields make has no lens", "leave out `as`")
        return template

    def _parts(self, joined: Template, *path: Part) -> dict[str, Field]:
        fields = {hole: self.notes.field(hole, *path, "idm") for hole in joined.holes}
        return {hole: field for hole, field in fields.items() if field is not None}

    def _fields(self, spec: AttributeSpec, *path: Part) -> dict[str, Field]:
        if isinstance(spec.idm, str) and "{" in spec.idm:
            return {}  # no template; that is noted already
        said = spec.idm if isinstance(spec.idm, dict) else {"": spec.idm} if spec.idm is not None else {}
        tail = (lambda target: (target,)) if isinstance(spec.idm, dict) else (lambda _: ())
        fields = {target: self.notes.field(text, *path, "idm", *tail(target)) for target, text in said.items()}
        return {target: field for target, field in fields.items() if field is not None}

    def _origin(self, spec: AttributeSpec, *path: Part) -> dict[str, Template | bool | int]:
        if spec.from_ is None:
            return {}
        if spec.idm is not None:
            self.notes.error("M103", path, "`idm` and `from` stand in one attribute", "a value has one source")
        if not isinstance(spec.from_, dict):
            return self._source("", spec.from_, *path, "from")
        sources: dict[str, Template | bool | int] = {}
        for way, value in spec.from_.items():
            sources |= self._source(way, value, *path, "from", way)
        return sources

    def _source(self, way: str, value: Scalar, *path: Part) -> dict[str, Template | bool | int]:
        if isinstance(value, bool | int):
            return {way: value}
        template = self.notes.template(str(value), *path)
        return {way: template} if template is not None else {}


def _routes(spec: AttributeSpec) -> dict[str, str | None]:
    if not isinstance(spec.search, dict):
        return {}
    return {route: None if name == "none" else name for route, name in spec.search.items()}


def _leads_elsewhere(spec: AttributeSpec) -> bool:
    """Whether `write` of a choice names a stored value that looks different (M312)."""
    lens = spec.as_
    if not isinstance(lens, LensSpec) or lens.choice is None or not lens.write:
        return False
    return any(lens.choice.get(stored) != shown for shown, stored in lens.write.items())
