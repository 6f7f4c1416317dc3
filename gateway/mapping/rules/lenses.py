"""M311, M313 to M315: lenses without a way back, fields with two masters, lenses of a site that break the laws. (M312 is found where lenses
are built.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.compile.writing import writing_of
from gateway.mapping.file_attribute import AttributeSpec, LensSpec
from gateway.mapping.finding import Finding
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.lenses import of_site
from gateway.mapping.optics.choice import Choice
from gateway.mapping.optics.halves import Half
from gateway.mapping.record import Field
from gateway.mapping.records import storage
from gateway.mapping.rules.walk import Line, found, idm_path, lines


def way_back(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M311: where several stored values look alike and a client may write, `write` says which one is meant."""
    for line in lines(unit):
        if line.leaf is None or not line.leaf.writable:
            continue
        for spec in _choices(line.spec):
            try:
                ambiguous = Choice(spec.choice or {}, spec.write, spec.else_).ambiguous
            except ValueError:
                continue  # found where the lens is built
            if ambiguous:
                text = (
                    f"several stored values look like {' and '.join(ambiguous)}, and nothing says which one is written"
                )
                cure = f"add write: {{ {ambiguous[0]}: {_first(spec, ambiguous[0])} }}"
                yield found(unit, "M311", (*line.path, "as"), text, cure)


def _choices(spec: AttributeSpec) -> Iterator[LensSpec]:
    for each in spec.as_ if isinstance(spec.as_, list) else [spec.as_]:
        if isinstance(each, LensSpec) and each.choice:
            yield each


def _first(spec: LensSpec, face: str) -> object:
    return next((stored for stored, shown in (spec.choice or {}).items() if str(shown).lower() == face.lower()), "…")


def no_way_back(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M313: a lens that only reads, on an attribute that wants to be written."""
    for line in lines(unit):
        if line.leaf is None or not line.leaf.lens.read_only:
            continue
        key = "required" if line.spec.required else "mutability"
        if line.spec.required or line.spec.mutability in ("readWrite", "immutable", "writeOnly"):
            yield found(
                unit,
                "M313",
                (*line.path, key),
                f"the lens {line.leaf.lens.name} only reads, so nothing can be written",
                f"leave out `{key}`",
            )


def one_master(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M314: no two attributes write the same field. Two may name the same record that is only referred to."""
    if unit.mapping is None:
        return
    writing = writing_of(unit.mapping)
    masters: dict[Field, Line] = {}
    for line in lines(unit):
        for target, field in line.leaf.idm.items() if line.leaf is not None and line.leaf.writable else ():
            first = masters.setdefault(storage(unit.mapping, field), line)
            if first is not line and not writing.refers(field) and not _two_halves(first, line):
                yield found(
                    unit,
                    "M314",
                    idm_path(line, target),
                    f'"{first.path[1]}" writes {field}, too',
                    "add mutability: readOnly to one of them",
                )


def laws_kept(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M315: a lens of the site's own has examples, and they keep the laws: what is written is read again, and a search finds it."""
    for line in lines(unit):
        for lens in of_site(line.leaf.lens) if line.leaf is not None else ():
            for fault in lens.faults():
                yield found(
                    unit, "M315", (*line.path, "as"), f'the lens "{lens.name}": {fault}', "correct it or the example"
                )


def _two_halves(one: Line, other: Line) -> bool:
    """Whether each writes its own half of a text that is two."""
    lenses = [line.leaf.lens for line in (one, other) if line.leaf is not None and isinstance(line.leaf.lens, Half)]
    return len({lens.name for lens in lenses}) == 2
