"""Which error row a refusal of nevisIDM falls under (mapping-format, section 11.3).

Own rows before shared ones; within a file the first that fits. nevisIDM's code decides before its status; of several codes the first with a
row of its own. `rest` stands for the catalogue's codes that no other shared row names, so nothing the catalogue knows is left out; a code
that it does not know is judged by its status.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gateway.mapping.model import ErrorRow, Mapping, Mappings, When
from gateway.nevisidm.call import Refusal


@dataclass(frozen=True, slots=True)
class Circumstance:
    """How a refusal came about, besides what nevisIDM said: with If-Match, or with the caller's own login."""

    if_match: bool = False
    as_self: bool = False


def own_row(refusal: Refusal, mapping: Mapping, circumstance: Circumstance) -> tuple[ErrorRow | None, str | None]:
    """The mapping's own row that decides, and nevisIDM's code if that decided; (None, None) where none fits."""
    return _first(refusal, mapping.errors, circumstance, frozenset())


def shared_row(refusal: Refusal, mappings: Mappings, circumstance: Circumstance) -> tuple[ErrorRow | None, str | None]:
    """The same of the shared table, which is asked when the mapping has no row."""
    named = tuple(_named(mappings.errors))
    rest = frozenset(code for code in refusal.codes if code in mappings.codes and not matches(code, named))
    return _first(refusal, mappings.errors, circumstance, rest)


def matches(code: str, patterns: tuple[str, ...]) -> bool:
    """Whether a code is named by one of the patterns, `*` inside."""
    return any(code == pattern or ("*" in pattern and fnmatchcase(code, pattern)) for pattern in patterns)


def _named(rows: tuple[ErrorRow, ...]) -> Iterator[str]:
    for row in rows:
        yield from row.when.codes or ()


def _first(
    refusal: Refusal, rows: tuple[ErrorRow, ...], circumstance: Circumstance, rest: frozenset[str]
) -> tuple[ErrorRow | None, str | None]:
    fitting = [row for row in rows if _fits(row.when, refusal, circumstance)]
    for code in refusal.codes:
        for row in fitting:
            if row.when.codes is not None and matches(code, row.when.codes):
                return row, code
    for code in refusal.codes:
        for row in fitting:
            if row.when.rest and code in rest:
                return row, code
    return next((row for row in fitting if row.when.codes is None and not row.when.rest), None), None


def _fits(when: When, refusal: Refusal, circumstance: Circumstance) -> bool:
    """Everything that a row asks for but the code."""
    return when.any or (
        (when.http is None or any(_status_fits(wanted, refusal) for wanted in when.http))
        and when.json in (None, refusal.json)
        and when.if_match in (None, circumstance.if_match)
        and when.as_self in (None, circumstance.as_self)
        and when.call in (None, refusal.call)
    )


def _status_fits(wanted: str, refusal: Refusal) -> bool:
    """`404`, `5xx`, or how we know: `timeout`, `unreachable`, `broken`."""
    if refusal.kind != "http" or refusal.status is None:
        return wanted == refusal.kind
    status = str(refusal.status)
    return wanted == status or (wanted.endswith("xx") and wanted[0] == status[0])
