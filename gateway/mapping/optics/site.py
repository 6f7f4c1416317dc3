"""Lenses of a site's own, in Python: what the closed set does not have comes by entry point, with examples that are held to the laws.

A distribution names a class under the group `scim_nevisidm.lenses`; a mapping says `as: NAME`, or `as: { lens: NAME, with: SETTING }`. Only
what a mapping names is imported. The class is plain Python and imports nothing of the gateway:

    class Iban:
        examples = [("CH9300762011623852957", "CH93 0076 2011 6238 5295 7")]      # stored, shown
        def get(self, stored): ...        # what is shown; ValueError or None: nothing
        def put(self, shown): ...         # what is stored; ValueError: a client cannot say this, and is told the text
        def ask(self, op, value): ...     # may be left out: (operator, stored text) that holds wherever the comparison does, or None

`shows` ("string" unless it says "boolean", "integer", "decimal" or "dateTime"), `shows_many` and `read_only` may stand beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_args

from gateway.mapping.lens import Asked
from gateway.mapping.optics.plain import Plain, as_case, text_of
from gateway.scim.schema import Kind
from gateway.scim.tree import Operator, Value

Json = Any
GROUP = "scim_nevisidm.lenses"
_NOW = datetime.min


class FromSite(Plain):
    """A site's lens as the gateway uses lenses. What it pushes counts as a superset, since nobody proves more of it than its examples."""

    examples = ()

    def __init__(self, name: str, own: Any) -> None:
        self.name = name
        self._own = own
        self.shows: Kind = getattr(own, "shows", "string")
        self.shows_many = bool(getattr(own, "shows_many", False))
        self.read_only = bool(getattr(own, "read_only", False)) or not callable(getattr(own, "put", None))

    def get(self, stored: Json, now: datetime) -> Json:
        """What the site's lens shows; nothing for nothing, and where it says that it cannot."""
        if stored is None:
            return None
        try:
            return self._own.get(stored)
        except ValueError:
            return None

    def put(self, shown: Json, stored: Json) -> Json:
        """What it stores. Raises ValueError with its own words."""
        return None if shown is None else self._own.put(shown)

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """What it asks, if it has anything to ask."""
        own = getattr(self._own, "ask", None)
        if own is None or op in ("ne", "ew") or value is None:
            return None
        try:
            said = own(op, value)
        except ValueError:
            return None
        return None if said is None else Asked(said[0], (text_of(said[1]),), as_case(case_exact), exact=False)

    def faults(self) -> Iterator[str]:
        """How its examples break the laws; one that has none promises nothing."""
        given = [tuple(each) for each in getattr(self._own, "examples", ())]
        if not given:
            yield "it has no `examples`, so nothing is known of it"
        for each in given:
            yield from _tried(self._broken, each)

    def _broken(self, stored: Json, shown: Json, written: Json = None) -> Iterator[str]:
        """GetPut and PutGet of one example (`written`: what is stored for it, if not `stored`), and Ask of what it shows."""
        seen = self.get(stored, _NOW)
        if seen != shown or self.get(stored, _NOW) != seen:
            yield f"{stored!r} is shown as {seen!r}, and the example says {shown!r}"
            return
        if shown is None:
            return
        if not self.read_only:
            back, wanted = self.put(shown, None), stored if written is None else written
            if back != wanted:
                yield f"{shown!r} is written as {back!r}, and the example says {wanted!r}"
            elif self.get(back, _NOW) != shown:
                yield f"{shown!r} is written as {back!r}, which is shown as {self.get(back, _NOW)!r}"
        if isinstance(shown, str) and isinstance(stored, str):
            yield from self._asked_too_little(stored, shown)

    def _asked_too_little(self, stored: str, shown: str) -> Iterator[str]:
        """A condition that the stored value does not meet although the shown one meets what was asked: people would be lost."""
        for op, value in (("eq", shown), ("sw", shown[:2]), ("co", shown[1:3]), ("ge", shown), ("le", shown)):
            asked = self.ask(op, value, True)  # type: ignore[arg-type] # of the operators there are
            if asked is not None and not _holds(asked, stored):
                yield f'asked for {op} "{value}" it looks for {asked.op} "{asked.values[0]}", which {stored!r} is not'


def _tried(find: Callable[..., Iterator[str]], example: tuple[Json, ...]) -> list[str]:
    try:
        return list(find(*example))
    except Exception as error:  # the site's code: whatever it raises is its fault, and is told
        return [f"{example!r} raises {type(error).__name__}: {error}"]


def _holds(asked: Asked, stored: str) -> bool:
    value = asked.values[0]
    tests: dict[str, bool] = {
        "eq": stored == value, "sw": stored.startswith(value), "co": value in stored,
        "gt": stored > value, "ge": stored >= value, "lt": stored < value, "le": stored <= value,
    }  # fmt: skip
    return tests.get(asked.op, False)


def site_names() -> list[str]:
    """The names of all lenses that installed distributions bring."""
    return sorted({each.name for each in entry_points(group=GROUP)})


def site_lens(name: str, setting: Json = None) -> FromSite | None:
    """The site's lens of that name, made with its setting if it has one; None if no distribution brings it.

    Raises ValueError where two do, where it cannot be imported or made, and where it is no lens.
    """
    found: list[EntryPoint] = list({each.value: each for each in entry_points(group=GROUP, name=name)}.values())
    if not found:
        return None
    if len(found) > 1:
        raise ValueError(f'several distributions bring a lens "{name}": {", ".join(each.value for each in found)}')
    try:
        made = found[0].load()
        own = made() if setting is None else made(setting)
    except Exception as error:  # the site's code: whatever it raises is told to who wrote the mapping
        raise ValueError(
            f'the lens "{name}" ({found[0].value}) cannot be made: {type(error).__name__}: {error}'
        ) from None
    if not callable(getattr(own, "get", None)):
        raise ValueError(f'"{name}" ({found[0].value}) is no lens: it has no `get`')
    lens = FromSite(name, own)
    if lens.shows not in get_args(Kind):
        raise ValueError(f'the lens "{name}" shows "{lens.shows}", which is no SCIM type')
    return lens
