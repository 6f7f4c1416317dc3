"""`scim-nevisidm lint`: everything that is wrong or unwise in a folder of mappings, all at once.

First what reading and compiling found (M100 to M103, some of M204, M301, M312 and M501), then the rules, in the order of RULES. A rule is a
pure function of one unit and its folder; each stands under its code in `rules/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from gateway.mapping.finding import Finding, in_order
from gateway.mapping.folder import Folder, Unit, read_folder
from gateway.mapping.inherit import NO_TEXTS, Texts
from gateway.mapping.rules import (
    derived,
    errors,
    filled,
    holes,
    lenses,
    names,
    operations,
    order,
    others,
    paths,
    references,
    search,
    secrets,
)
from gateway.mapping.variant import names_in

Rule = Callable[[Unit, Folder], Iterable[Finding]]
RULES: tuple[Rule, ...] = (
    names.file_name,  # M104
    names.takeable_id,  # M201
    names.sources,  # M202
    names.kinds,  # M203
    names.legal,  # M204
    filled.not_taken_away,  # M205
    paths.fields,  # M301
    references.row_names,  # M301
    references.action_names,  # M301
    others.known_attributes,  # M301
    paths.unused,  # M302
    references.reachable_outcomes,  # M302
    others.alive,  # M302
    holes.fillable,  # M303
    holes.action_names,  # M303, M305
    paths.picks,  # M304
    paths.known_calls,  # M306
    references.counted,  # M307
    lenses.way_back,  # M311
    lenses.no_way_back,  # M313
    lenses.one_master,  # M314
    lenses.laws_kept,  # M315
    search.routes_named,  # M401
    derived.said_twice,  # M402
    search.always_open,  # M403
    search.bound_to_tenant,  # M404
    search.answerable,  # M405
    search.counted_here,  # M406
    operations.known_records,  # M501
    others.known_types,  # M501
    others.known_referred,  # M501
    operations.order,  # M502
    operations.nothing_lost,  # M503
    operations.callable_records,  # M504
    operations.undoable,  # M505
    errors.one_row,  # M601, M604
    errors.bare_rows,  # M601
    errors.own_rows,  # M601
    errors.catch_all,  # M602
    errors.legal_pairs,  # M603
    errors.known_codes,  # M605
    errors.known_fields,  # M606
    secrets.never_returned,  # M701
    secrets.never_searched,  # M702
    secrets.never_told,  # M703
    secrets.one_face,  # M704
    secrets.told_once,  # M705
    secrets.made_and_told,  # M706
    order.key_order,  # M801
)
ACROSS: frozenset[Rule] = frozenset(
    {
        *(names.legal, operations.nothing_lost),
        *(others.known_attributes, others.known_types, others.known_referred, others.alive),
    }
)
"""The rules that look at other files, too: what they find of a file may change where another one does."""


def lint(directory: Path, texts: Texts = NO_TEXTS) -> list[Finding]:
    """All findings of a folder, in the order of files and lines: as it stands, then what else each variant makes wrong.

    What is laid over something has no order of its own. `texts`: what goes before the disk, so that a text can be looked at
    while somebody writes it. Raises ConfigError if it holds no mapping at all.
    """
    plain = read_folder(directory, (), texts)
    found = dict.fromkeys(findings_of(plain))
    for name in dict.fromkeys(name for unit in plain.units for name in names_in(unit.document)):
        more = (
            each
            for each in findings_of(read_folder(directory, (name,), texts, plain), plain)
            if each.level != "notice" and each.code != "M801"
        )
        found |= dict.fromkeys(more)
    return in_order(list(found))


def findings_of(folder: Folder, looked_at: Folder | None = None) -> list[Finding]:
    """What reading found and what the rules find; of the units that another folder had, too, only what other files decide."""
    old = {id(unit) for unit in looked_at.units} if looked_at is not None else set()
    found = [finding for unit in folder.units if id(unit) not in old for finding in unit.findings]
    return found + [
        finding
        for unit in folder.units
        for rule in RULES
        if id(unit) not in old or rule in ACROSS
        for finding in rule(unit, folder)
    ]
