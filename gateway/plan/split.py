"""What a route makes of a condition: pushed here, left there. The shape that `params`, `lucene` and the plain lists share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.plan.condition import All, AnyOf, Condition, Constant, Opposite, Test, conjuncts, tests
from gateway.plan.way import Pushed
from gateway.scim.tree import And, Filter

Spell = Callable[[Test], "Pushed | None"]


@dataclass(frozen=True, slots=True)
class Share:
    """One top-level term on a route: what is pushed of it, whether that says all of it, and how many of its tests are not pushed."""

    term: Condition
    pushed: tuple[Pushed, ...]
    exact: bool
    unpushed: int
    lucene: str = field(default="", repr=False)  # as a query, if the style is lucene
    order: bool = False  # said by the order in which rows are read
    joint: bool = False  # that query must stand in parentheses next to others


@dataclass(frozen=True, slots=True)
class Split:
    """All terms on a route."""

    shares: tuple[Share, ...]

    @property
    def pushed(self) -> tuple[Pushed, ...]:
        """Everything that goes to nevisIDM."""
        return tuple(pushed for share in self.shares for pushed in share.pushed)

    @property
    def unpushed(self) -> int:
        """How many tests do not."""
        return sum(share.unpushed for share in self.shares)

    @property
    def lucene(self) -> str:
        """The whole query; "" for none."""
        asked = [share for share in self.shares if share.lucene]
        if len(asked) == 1:
            return asked[0].lucene
        return " AND ".join(f"({share.lucene})" if share.joint else share.lucene for share in asked)

    @property
    def left(self) -> Filter | None:
        """What must still be checked here, in the request's own words."""
        return joined(tuple(share.term.source for share in self.shares if not share.exact))


def joined(terms: tuple[Filter | None, ...]) -> Filter | None:
    """The terms as one filter; None for none."""
    flat: list[Filter] = []
    for term in terms:
        for each in term.terms if isinstance(term, And) else (term,):
            if each is not None and each not in flat:
                flat.append(each)
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def split_conjunction(condition: Condition, spell: Spell) -> Split:
    """The split of a style that knows only `and`: each test on its own, nothing of an `or` or a `not`."""
    return Split(tuple(_share(term, spell) for term in conjuncts(condition)))


def _share(term: Condition, spell: Spell) -> Share:
    match term:
        case Test():
            pushed = spell(term)
            return Share(term, (), False, 1) if pushed is None else Share(term, (pushed,), pushed.exact, 0)
        case All(terms=terms):
            shares = [_share(each, spell) for each in terms]
            pushes = tuple(pushed for share in shares for pushed in share.pushed)
            return Share(term, pushes, all(share.exact for share in shares), sum(share.unpushed for share in shares))
        case Constant():
            return Share(term, (), True, 0)
        case AnyOf() | Opposite():
            return Share(term, (), False, count(term))


def count(condition: Condition) -> int:
    """How many tests a condition has."""
    return sum(1 for _ in tests(condition))
