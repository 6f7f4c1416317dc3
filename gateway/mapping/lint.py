"""`scim-nevisidm lint`: everything that is wrong or unwise in a folder of mappings, all at once.

First what reading and compiling found, then the rules, in the order of RULES. A rule is a pure function of one unit and its folder; each
stands under its code in `rules/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from gateway.mapping.finding import Finding, in_order
from gateway.mapping.folder import Folder, Unit, read_folder

Rule = Callable[[Unit, Folder], Iterable[Finding]]
RULES: tuple[Rule, ...] = ()


def lint(directory: Path) -> list[Finding]:
    """All findings of a folder, in the order of files and lines. Raises ConfigError if it holds no mapping at all."""
    return in_order(findings_of(read_folder(directory)))


def findings_of(folder: Folder) -> list[Finding]:
    """What reading found and what the rules find."""
    found = [finding for unit in folder.units for finding in unit.findings]
    return found + [finding for unit in folder.units for rule in RULES for finding in rule(unit, folder)]
