"""A folder of mapping files: every `Type.yaml` and `_errors.yaml` in it, read and compiled, with what was found on the way.

A file may extend another one and then holds only what differs (see `inherit.py`). Files beginning with `_` are no types: `_errors.yaml`
holds the error rows that all share (the shipped ones where a folder has none), others are there to be extended. Nor are `*.tests.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.errors import ConfigError
from gateway.mapping.compile import Notes, compile_file, rows_of
from gateway.mapping.document import Document
from gateway.mapping.file import AbsentFile, ErrorsFile, MappingFile
from gateway.mapping.file_read import read_file
from gateway.mapping.finding import Finding
from gateway.mapping.inherit import (
    ABSENT,
    ERRORS,
    NO_TEXTS,
    RESERVED,
    Bases,
    Texts,
    document_of,
    find_mappings,
    yaml_files,
)
from gateway.mapping.model import ErrorRow, Mapping, Mappings
from gateway.mapping.variant import check_names, names_in, varied
from gateway.nevisidm import catalogue


@dataclass(slots=True)
class Unit:
    """One file as far as it could be read: the document, the model of its keys, the compiled mapping, the error rows, and what was found.

    `spec` and `mapping` are None for `_errors.yaml`, and for a file that is not even of the right form.
    """

    document: Document
    spec: MappingFile | None = None
    mapping: Mapping | None = None
    rows: tuple[ErrorRow, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    lines: tuple[Any, ...] | None = field(default=None, repr=False, compare=False)
    """What `rules/walk.py` keeps here for the rules after the first."""

    @property
    def shared(self) -> bool:
        """Whether it holds the error rows of all mappings."""
        return Path(self.document.file).name == ERRORS


@dataclass(frozen=True, slots=True)
class Folder:
    """All units of a folder, in the order of their names; the shared error rows among them.

    `absent_file` and `bases`: the folder's own `_absent.yaml`, None if it has none, and its files that are there to be extended. `shipped`:
    what `builtin:` names are these very files.
    """

    units: tuple[Unit, ...]
    absent: dict[str, str] = field(default_factory=dict)
    absent_file: Document | None = None
    bases: tuple[Document, ...] = ()
    shipped: bool = False

    @property
    def documents(self) -> tuple[Document, ...]:
        """The files of types, each laid over what it extends."""
        return tuple(unit.document for unit in self.units if not unit.shared)

    @property
    def by_name(self) -> dict[str, Mapping]:
        """The compiled mappings."""
        return {unit.mapping.name: unit.mapping for unit in self.units if unit.mapping is not None}

    @property
    def errors(self) -> tuple[ErrorRow, ...]:
        """The shared error rows."""
        return next((unit.rows for unit in self.units if unit.shared), ())

    def mappings(self) -> Mappings:
        """The compiled mappings by resource name, with the shared error rows and nevisIDM's codes."""
        return Mappings(self.by_name, self.errors, catalogue.codes(), self.absent)


def read_folder(
    directory: Path, variants: tuple[str, ...] = (), texts: Texts = NO_TEXTS, plain: Folder | None = None
) -> Folder:
    """Everything in the folder, each file with its own of these variants. `texts`: what goes before the disk.

    `plain`: the same folder read before without variants; of it stays what no variant and no other file changes.
    Raises ConfigError only if there is no such folder, no mapping in it, or no variant of such a name.
    """
    files = list(yaml_files(directory, texts))
    mappings = [each for each in files if not each.name.startswith("_")]
    if not mappings:
        raise ConfigError(
            f"{directory.name}: no mapping files here; name a folder with files such as User.yaml", code="GW002"
        )
    bases = Bases(directory, texts)
    same = _untouched(plain, variants) if plain is not None else {}
    units = [same.get(each.name) or _read(document_of(each, texts), bases, variants) for each in mappings]
    check_names((unit.document for unit in units), variants)
    _compile(units)
    if plain is not None:
        return replace(plain, units=(*units, plain.units[-1]))
    own = {each.name: document_of(each, texts) for each in files if each.name.startswith("_")}
    return Folder(
        (*units, _read_errors(own.get(ERRORS) or document_of(find_mappings() / ERRORS))),
        _read_absent(own.get(ABSENT) or document_of(find_mappings() / ABSENT)),
        own.get(ABSENT),
        tuple(each for name, each in own.items() if name not in RESERVED),
        directory.resolve() == find_mappings(),
    )


def _untouched(plain: Folder, variants: tuple[str, ...]) -> dict[str, Unit]:
    """By the names of their files: units that have none of the variants. Actions are compiled anew, since they search other types."""
    return {
        Path(unit.document.file).name: unit
        for unit in plain.units
        if unit.mapping is not None and unit.mapping.action is None and not {*names_in(unit.document)} & {*variants}
    }


def _read(own: Document, bases: Bases, variants: tuple[str, ...]) -> Unit:
    document = bases.extended(own)
    if document.data is not None:
        document = varied(document, variants)
    if document.data is None:
        empty = Finding(document.place(), "M103", "error", "the file is empty", "write a mapping, or remove it")
        return Unit(document, findings=list(document.findings) or [empty])
    spec, more = read_file(document, MappingFile)
    return Unit(document, spec, findings=[*document.findings, *more])


def _read_absent(document: Document) -> dict[str, str]:
    """Why nothing serves an address, by its first segment in lower case. Raises ConfigError when the file is not of the right form."""
    spec, more = read_file(document, AbsentFile)
    wrong = [each for each in (*document.findings, *more) if each.level == "error"]
    if spec is None or wrong:
        raise ConfigError(*map(str, wrong), code="GW002")
    return {name.lower(): reason for name, reason in spec.absent.items()}


def _read_errors(document: Document) -> Unit:
    spec, more = read_file(document, ErrorsFile)
    unit = Unit(document, findings=[*document.findings, *more])
    if spec is not None:
        notes = Notes(document)
        unit.rows = rows_of(spec.errors, notes)
        unit.findings += notes.findings
    return unit


def _compile(units: list[Unit]) -> None:
    """Compile all files; actions last, because their steps search the other types."""
    known: dict[str, Mapping] = {}
    broken = {Path(unit.document.file).stem for unit in units if unit.spec is None}
    for unit in sorted(units, key=lambda each: each.spec is not None and each.spec.steps is not None):
        if unit.spec is None:
            continue
        if unit.mapping is not None:
            known[unit.mapping.name] = unit.mapping
            continue
        notes = Notes(unit.document)
        mapping = compile_file(unit.spec, known, notes)
        unit.findings += [each for each in notes.findings if not _follows(each, broken)]
        unit.rows = mapping.errors
        unit.mapping = known[mapping.name] = mapping


def _follows(finding: Finding, broken: set[str]) -> bool:
    """Whether a type is only missing because its own file could not be read."""
    return finding.code == "M501" and any(f'"{name}"' in finding.text for name in broken)
