"""What is wrong in a mapping folder, as values: where, which rule, what, and what would be right.

Made by reading (M1xx), compiling and the lint rules; printed by `scim-nevisidm lint`, joined into a ConfigError by `load`. A finding never
stops the search for further ones.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from gateway.mapping.record import Place

Level = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Fix:
    """What `lint --fix` may do about a finding, because there is no doubt about it.

    `rename` what stands there (up to its first dot) to `words[0]`; `remove` the line or key there; bring the keys of its map into the
    `order` of `words`; `remark` `words[0]` at the end of the line; `trim` the blanks there.
    """

    kind: Literal["rename", "remove", "order", "remark", "trim"]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `cure` continues the sentence that `text` begins; `fix` is the cure for machines, where there is only one."""

    place: Place
    code: str
    level: Level
    text: str
    cure: str = ""
    fix: Fix | None = field(default=None, compare=False)

    def __str__(self) -> str:
        level = "" if self.level == "error" else f"{self.level}: "
        return f"{self.place} {self.code} {level}{self.text}" + (f", {self.cure}" if self.cure else "")


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By file and position, each once."""
    return sorted(
        set(findings), key=lambda each: (each.place.file, each.place.line, each.place.column, each.code, each.text)
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; None if no name is near."""
    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), list(names), n=1, cutoff=0.6)
    return names[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The cure for a name that nobody knows."""
    near = nearest(word, known)
    return f'did you mean "{near}"?' if near else otherwise


def misspelt(word: str, known: Iterable[str]) -> Fix | None:
    """The one known name that this can only be a misspelling of: very near, and none other is as near. None if that is doubtful."""
    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), list(names), n=2, cutoff=0.8)
    likeness = [difflib.SequenceMatcher(None, name, word.lower()).ratio() for name in found]
    if not found or (len(found) > 1 and likeness[0] - likeness[1] < 0.05):
        return None
    return Fix("rename", (names[found[0]],))
