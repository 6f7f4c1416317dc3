"""The closed set of lenses (mapping-format, section 3.4) and how a mapping spells them.

`as: lower`, `as: { prefix: x- }`, `as: [trim, lower]`: one lens, one with settings, or several applied left to right when reading. A
list is itself a lens: writing goes through it from right to left, and a condition is handed down as long as every lens can.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from collections.abc import Mapping as Map
from datetime import datetime
from typing import Any

from gateway.mapping.lens import Asked, Lens
from gateway.mapping.optics.choice import Choice
from gateway.mapping.optics.example import Example
from gateway.mapping.optics.halves import After, Before
from gateway.mapping.optics.number import Flag, Number
from gateway.mapping.optics.phone import Phone
from gateway.mapping.optics.plain import Plain
from gateway.mapping.optics.public_key import Fingerprint, PublicKey
from gateway.mapping.optics.site import FromSite, site_lens, site_names
from gateway.mapping.optics.text import Lower, Prefix, Split, Trim, Upper
from gateway.mapping.optics.time import Date, Instant, Past, Within
from gateway.mapping.optics.verifier import ITERATIONS, Verifier, checked_targets
from gateway.scim.tree import Operator, Value

Json = Any
Spec = str | Map[str, Any] | list[Any] | None

_WORDS: Map[str, Callable[[], Lens]] = {
    lens.name: lens
    for lens in (Plain, Instant, Date, Number, Flag, Trim, Lower, Upper, Phone, Past, Within, PublicKey, Fingerprint)
}
_SET: Map[str, tuple[Callable[[str], Lens], str]] = {
    "split": (Split, ","), "prefix": (Prefix, "x-"), "before": (Before, "|"), "after": (After, "|")
}  # fmt: skip
"""Lenses with one setting, a text: how they are made, and such a text."""
ALL: tuple[type[Plain], ...] = (
    *(
        Plain,
        Choice,
        Instant,
        Date,
        Number,
        Flag,
        Trim,
        Lower,
        Upper,
        Phone,
        Split,
        Prefix,
        Before,
        After,
        Past,
        Within,
    ),
    *(PublicKey, Fingerprint, Verifier),
)
"""Every lens there is, for docs, tests and messages."""
IDENTITY: Lens = Plain()


def build_lens(spec: Spec, targets: Map[str, str] | None = None, *, iterations: int = ITERATIONS) -> Lens:
    """The lens that `as:` spells; None is identity. `targets`: the attribute's `idm` where that is a map of targets.

    Raises ValueError, with what would be right, for a spelling that is none. `iterations`: the cost of a verifier.
    """
    if isinstance(spec, list):
        if len(spec) > 1 and Verifier.name in spec:
            raise ValueError("verifier stands alone: what it stores leads nowhere")
        return _composed([build_lens(one, targets, iterations=iterations) for one in spec])
    lens: Lens = Verifier(checked_targets(targets), iterations) if spec == Verifier.name else _single(spec)
    if targets is not None and not lens.targets:
        raise ValueError(
            f"`idm` is a map of targets, but {lens.name} stores one value: write one path, or `as: verifier`"
        )
    return lens


def examples_of() -> tuple[Example, ...]:
    """The examples of all lenses."""
    return tuple(example for lens in ALL for example in lens.examples)


def _single(spec: Spec) -> Lens:
    if spec is None:
        return IDENTITY
    if isinstance(spec, str):
        return _word(spec)
    if not isinstance(spec, Map) or not spec:
        raise ValueError(f"`as` is a lens, or a list of lenses: {_names()}")
    if "choice" in spec:
        return _choice(spec)
    if "lens" in spec:
        return _of_site(spec)
    (name, setting), *others = spec.items()
    if name not in _SET:
        return _word(str(name), with_setting=True)
    if others:
        raise ValueError(f'{name} has no setting "{others[0][0]}"')
    if not isinstance(setting, str) or not setting:
        raise ValueError(f'{name} needs a text: `{name}: "{_SET[name][1]}"`')
    return _SET[name][0](setting)


def _word(name: str, with_setting: bool = False) -> Lens:
    if name in _WORDS and not with_setting:
        return _WORDS[name]()
    if name in _WORDS or name == Verifier.name:
        raise ValueError(f"{name} has no settings: write `as: {name}`")
    if name == "choice" or name in _SET:
        raise ValueError(f"{name} needs its setting: write `as: {{ {name}: … }}`")
    own = site_lens(name)
    if own is not None:
        return own
    near = difflib.get_close_matches(name, [*(lens.name for lens in ALL), *site_names()], 1)
    hint = f', did you mean "{near[0]}"?' if near else f"; the lenses are {_names()}"
    raise ValueError(f'unknown lens "{name}"{hint}')


def _names() -> str:
    return ", ".join([*(lens.name for lens in ALL), *site_names()])


def _of_site(spec: Map[str, Any]) -> Lens:
    """A lens of the site's own that has a setting."""
    strange = [key for key in spec if key not in ("lens", "with")]
    if strange:
        raise ValueError(f'a lens of a site has no setting "{strange[0]}": its one setting is `with`')
    name = str(spec["lens"])
    own = site_lens(name, spec.get("with")) if name not in _WORDS else None
    return own if own is not None else _word(name, with_setting=name in _WORDS)


def _choice(spec: Map[str, Any]) -> Lens:
    table, write = spec["choice"], spec.get("write")
    strange = [key for key in spec if key not in ("choice", "write", "else")]
    if strange:
        raise ValueError(f'choice has no setting "{strange[0]}": it has `write` and `else`')
    if not isinstance(table, Map) or not table:
        raise ValueError("choice needs a table: `choice: { stored: shown }`")
    if write is not None and not isinstance(write, Map):
        raise ValueError("`write` is a table: `write: { shown: stored }`")
    return Choice(table, write, spec.get("else"))


def _composed(lenses: list[Lens]) -> Lens:
    if not lenses:
        raise ValueError("an empty list of lenses: leave out `as`")
    if any(lens.shows_many for lens in lenses[:-1]):
        raise ValueError("split must be the last lens: what follows would get a list")
    return lenses[0] if len(lenses) == 1 else Chain(tuple(lenses))


def of_site(lens: Lens) -> list[FromSite]:
    """The site's own lenses among those that a lens is made of."""
    return [each for each in (lens.lenses if isinstance(lens, Chain) else (lens,)) if isinstance(each, FromSite)]


class Chain:
    """Several lenses as one, left to right when reading."""

    def __init__(self, lenses: tuple[Lens, ...]) -> None:
        self.lenses = lenses
        self.name = ", ".join(lens.name for lens in lenses)
        self.shows = lenses[-1].shows
        self.shows_many = lenses[-1].shows_many
        self.read_only = any(lens.read_only for lens in lenses)
        self.targets: tuple[str, ...] = ()

    def get(self, stored: Json, now: datetime) -> Json:
        """Through all lenses."""
        for lens in self.lenses:
            stored = lens.get(stored, now)
        return stored

    def put(self, shown: Json, stored: Json) -> Json:
        """Back through all lenses, each knowing what it would see now."""
        seen = [stored]
        for lens in self.lenses[:-1]:
            seen.append(None if seen[-1] is None else lens.get(seen[-1], datetime.min))
        for lens, before in zip(reversed(self.lenses), reversed(seen), strict=True):
            shown = lens.put(shown, before)
        return shown

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Handed down lens by lens; None as soon as one cannot."""
        asked: Asked | None = self.lenses[-1].ask(op, value, case_exact)
        for lens in reversed(self.lenses[:-1]):
            asked = None if asked is None else _handed_down(lens, asked)
        return asked


def _handed_down(lens: Lens, asked: Asked) -> Asked | None:
    """The condition on what `lens` stores, from one on what it shows: for several values, any of theirs."""
    op: Operator = "eq" if asked.op == "in" else asked.op
    each = [lens.ask(op, value, asked.case == "as_is") for value in asked.values]
    found = [one for one in each if one is not None]
    exact = asked.exact and all(one.exact for one in found)
    if len(found) != len(each) or not (each or asked.op == "in"):
        return None
    if len(found) == 1:
        return Asked(found[0].op, found[0].values, found[0].case, exact)
    cases = {one.case for one in found}
    if any(one.op not in ("eq", "in") for one in found) or len(cases) > 1:
        return None
    values = tuple(dict.fromkeys(value for one in found for value in one.values))
    return Asked("in", values, "ignore" if cases == {"ignore"} else "as_is", exact)
