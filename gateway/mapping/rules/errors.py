"""M6xx: error tables without gaps or overlaps (mapping-format, section 11.3).

For the shared table this is no sample but all there is: every code nevisIDM has, with every status it comes with and 422, with and without
If-Match, as the caller and as the gateway: 884 circumstances, in each of which exactly one row with a code must fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product

from gateway.mapping.circumstance import matches
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import ErrorRow, Mapping, When
from gateway.mapping.records import all_leaves, storage
from gateway.mapping.rules.walk import found
from gateway.nevisidm import catalogue

_TYPES_OF_400 = frozenset(
    (
        *("invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax"),
        *("invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive"),
    )
)
_STATUSES = tuple(map(str, (400, 401, 403, 404, 405, 408, 409, 415, 418, 422, 429, 500, 501, 502, 503, 504, 599)))
_SILENCES = ("timeout", "unreachable", "broken")
Circumstance = tuple[str, str, bool, bool]


def circumstances() -> Iterator[Circumstance]:
    """(code, status, If-Match sent, as the caller) in every combination that can occur."""
    for code, statuses in catalogue.codes().items():
        for status, if_match, as_self in product(sorted({*statuses, 422}), (False, True), (False, True)):
            yield code, str(status), if_match, as_self


def fits(when: When, code: str, status: str, if_match: bool, as_self: bool, rest: frozenset[str]) -> bool:
    """Whether a row with a code fits a circumstance, whatever stands around it."""
    return _named(when, code, rest) and _around(when, status, if_match, as_self)


def _named(when: When, code: str, rest: frozenset[str]) -> bool:
    return code in rest if when.rest else when.codes is not None and _names(when.codes, code)


@cache
def _names(patterns: tuple[str, ...], code: str) -> bool:
    return matches(code, patterns)


def _around(when: When, status: str, if_match: bool, as_self: bool, json: bool = True) -> bool:
    return (
        (
            when.http is None
            or any(each == status or (each.endswith("xx") and each[0] == status[0]) for each in when.http)
        )
        and when.json in (None, json)
        and when.if_match in (None, if_match)
        and when.as_self in (None, as_self)
        and when.call is None
    )


def rest_of(rows: Sequence[ErrorRow]) -> frozenset[str]:
    """The codes that no row names: what `rest` stands for."""
    patterns = tuple(pattern for row in rows for pattern in row.when.codes or ())
    return frozenset(code for code in catalogue.codes() if not _names(patterns, code))


def one_row(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M601, M604 for rows with a code: in every circumstance exactly one of them fits, and each of them somewhere."""
    if not unit.shared or not unit.rows:
        return
    coded = [(index, row) for index, row in enumerate(unit.rows) if row.when.codes is not None or row.when.rest]
    rest = rest_of(unit.rows)
    named = {code: [each for each in coded if _named(each[1].when, code, rest)] for code in catalogue.codes()}
    fitting = {
        each: tuple(index for index, row in named[each[0]] if fits(row.when, *each, rest)) for each in circumstances()
    }
    yield from _gaps(unit, sorted({each[0] for each, rows in fitting.items() if not rows}))
    doubled = {(each[0], rows): each[1] for each, rows in fitting.items() if len(rows) > 1}
    for (code, rows), status in doubled.items():
        first = unit.document.place("errors", rows[0]).line
        text = f"{code} with {status} fits this row and the one on line {first}"
        yield found(unit, "M604", ("errors", rows[1]), text, "let one of them ask for more")
    used = {index for rows in fitting.values() for index in rows}
    for index, row in coded:
        if index not in used and _any_known(row.when):
            yield found(unit, "M601", ("errors", index), "this row is never reached", "remove it, or ask for less")


def _gaps(unit: Unit, codes: list[str]) -> Iterator[Finding]:
    if codes:
        some = ", ".join(codes[:3]) + (" …" if len(codes) > 3 else "")
        text = f"{len(codes)} of nevisIDM's codes can come without fitting a row: {some}"
        yield found(unit, "M604", ("errors",), text, "name them, or end with { when: { code: rest }, … }")


def _any_known(when: When) -> bool:
    return when.rest or any(_names(when.codes or (), code) for code in catalogue.codes())


def bare_rows(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M601 for rows without a code: the first that fits is taken, so each must be first somewhere."""
    if not unit.shared:
        return
    bare = [(index, row) for index, row in enumerate(unit.rows) if row.when.codes is None and not row.when.rest]
    firsts = set()
    kinds = [*product(_STATUSES, (True, False)), *product(_SILENCES, (False,))]
    for (status, json), if_match, as_self in product(kinds, (False, True), (False, True)):
        firsts.add(
            next(
                (index for index, row in bare if row.when.any or _around(row.when, status, if_match, as_self, json)),
                None,
            )
        )
    for index, row in bare:
        if index not in firsts and row.when.call is None:
            yield found(
                unit,
                "M601",
                ("errors", index),
                "this row is never reached",
                "rows above it take everything it asks for",
            )


def own_rows(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M601 for a mapping's own rows: one above that asks for less takes everything."""
    if unit.shared:
        return
    for index, row in enumerate(unit.rows):
        for above in unit.rows[:index]:
            if _covers(above.when, row.when):
                text = f"this row is never reached: the one on line {above.place.line} asks for less"
                yield found(unit, "M601", ("errors", index), text, "move it up, or remove it")
                break


def _covers(wide: When, narrow: When) -> bool:
    if wide.any:
        return True
    if narrow.any:
        return False
    if wide.codes is not None and not (narrow.codes and all(matches(code, wide.codes) for code in narrow.codes)):
        return False
    if wide.codes is None and narrow.codes is not None:
        return False  # a code decides before a status
    asked = (
        (wide.json, narrow.json),
        (wide.if_match, narrow.if_match),
        (wide.as_self, narrow.as_self),
        (wide.call, narrow.call),
    )
    same = all(one is None or one == other for one, other in asked)
    return same and (wide.http is None or (narrow.http is not None and set(narrow.http) <= set(wide.http)))


def catch_all(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M602: the shared table ends with a row for everything else."""
    if unit.shared and unit.rows and not any(row.when.any for row in unit.rows):
        yield found(
            unit,
            "M602",
            ("errors",),
            "no row takes everything else",
            "end with { when: any, scim: { status: 502, alarm: true } }",
        )


def legal_pairs(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M603: status and scimType as RFC 7644 section 3.12 pairs them."""
    for index, row in enumerate(unit.rows):
        kind, status = row.scim_type, row.status
        if row.status is not None and not 400 <= row.status <= 599:
            yield found(
                unit,
                "M603",
                ("errors", index, "scim", "status"),
                f"{status} is no error",
                "give a status of 400 to 599",
            )
        elif kind is not None and kind not in _TYPES_OF_400:
            cure = did_you_mean(kind, _TYPES_OF_400, "see RFC 7644 table 9")
            yield found(unit, "M603", ("errors", index, "scim", "scimType"), f'RFC 7644 has no scimType "{kind}"', cure)
        elif kind is not None and status != 400 and (status, kind) not in ((409, "uniqueness"), (403, "sensitive")):
            text = f'RFC 7644 has no scimType "{kind}" with {status or "another status"}'
            yield found(unit, "M603", ("errors", index, "scim", "scimType"), text, "leave it out, or answer 400")


def known_codes(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M605: codes and patterns that nevisIDM is known to have."""
    for index, row in enumerate(unit.rows):
        for number, pattern in enumerate(row.when.codes or ()):
            if pattern not in catalogue.codes() and not any(_names((pattern,), code) for code in catalogue.codes()):
                what = "no code fits the pattern" if "*" in pattern else "nevisIDM has no code"
                cure = (
                    "see its error codes"
                    if "*" in pattern
                    else did_you_mean(pattern, catalogue.codes(), "see its error codes")
                )
                yield found(unit, "M605", ("errors", index, "when", "code", number), f'{what} "{pattern}"', cure)


def known_fields(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M606: `field` is one that nevisIDM takes, in a type's own row one that an attribute of it stands on, and not beside `attribute`."""
    for index, row in enumerate(unit.rows):
        where, dotted = ("errors", index, "scim", "field"), ".".join(row.field)
        if not row.field:
            continue
        if row.attribute is not None:
            text = "`field` and `attribute` both say which attribute it is"
            yield found(unit, "M606", where, text, "leave one of them out")
        elif unit.shared and dotted not in _fields():
            cure = did_you_mean(dotted, sorted(_fields()), "see the bodies of its calls")
            yield found(unit, "M606", where, f'nevisIDM takes no field "{dotted}"', cure)
        elif unit.mapping is not None and (own := _mapped(unit.mapping)) and dotted not in own:
            cure = did_you_mean(dotted, sorted(own), "map it, or leave `field` out")
            yield found(unit, "M606", where, f'no attribute of this type stands on "{dotted}"', cure)


@cache
def _fields() -> frozenset[str]:
    """Every field of every body that nevisIDM takes."""
    calls = (path.partition(" ") for path in catalogue.paths())
    entries = (catalogue.find(method, path) for method, _, path in calls)
    return frozenset(name for entry in entries if entry is not None for name in entry.body)


def _mapped(mapping: Mapping) -> frozenset[str]:
    places = (storage(mapping, place) for leaf in all_leaves(mapping) for place in leaf.idm.values())
    return frozenset(".".join(place.keys) for place in places)
