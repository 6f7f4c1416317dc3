"""Why a search is planned again: nevisIDM proved a claim wrong, or a route failed. Each reason makes the next plan poorer, so it ends."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.events import Mistrusted, RouteClosed
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.capabilities import Capabilities
from gateway.operation.context import Context

_NO_BETTER = frozenset((403, 429, 503))


class Again(Exception):
    """Plan again. `doubted`: parameters that were ignored; `closed`: why the route is of no use to this request; `bare`: it refused what
    it was asked; `no_totals`: nevisIDM gave none; `refusal`: what it said, for when nothing else can answer.
    """

    def __init__(
        self,
        *,
        doubted: tuple[str, ...] = (),
        closed: str | None = None,
        bare: bool = False,
        no_totals: bool = False,
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(closed or "planned again")
        self.doubted = doubted
        self.closed = closed
        self.bare = bare
        self.no_totals = no_totals
        self.refusal = refusal


@dataclass(slots=True)
class Lessons:
    """What this request has learned so far, beyond what the gateway remembers in `Trust`."""

    capabilities: Capabilities
    closed: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)

    def learn(self, again: Again, resource: str, route: str, context: Context) -> None:
        """Note the reason, and tell the operator."""
        for parameter in again.doubted:
            if context.trust.doubt(resource, route, parameter):
                context.events.emit(Mistrusted(resource, route, parameter))
        if again.closed is not None:
            self.closed.add(route)
            context.events.emit(RouteClosed(resource, route, again.closed))
        if again.bare:
            # a route that refuses even to be read plainly is of no use
            (self.closed if route in self.bare else self.bare).add(route)
            context.events.emit(RouteClosed(resource, route, "refused its parameters"))
        if again.no_totals:
            self.capabilities = _uncounted(self.capabilities)
        if again.refusal is not None:
            self.refusals.append(again.refusal)


@lru_cache(maxsize=8)
def _uncounted(capabilities: Capabilities) -> Capabilities:
    """The same without totals; one object for all who learn that, since plans are kept by it."""
    return dataclasses.replace(capabilities, total="walk")


def after_refusal(refusal: Refusal, style: str, *, by_path: bool) -> Again | None:
    """What a refused list call teaches; None: nothing was found, because a value of the filter stands in the path and is not there.

    Raises the refusal itself where another route would fare no better: the gateway's own login or rights, nevisIDM out of reach or too
    busy (which more calls would only make worse).
    """
    if (
        refusal.shed
        or refusal.status == 401
        or (style != "lucene" and (refusal.status in _NO_BETTER or refusal.kind == "unreachable"))
    ):
        raise refusal
    if style == "lucene":
        return Again(closed=_spoken(refusal))
    if refusal.status == 404 and refusal.json:
        if by_path:
            return None
        raise refusal
    if refusal.status in (400, 422):
        return Again(bare=True, refusal=refusal)
    return Again(closed=_spoken(refusal), refusal=refusal)


def _spoken(refusal: Refusal) -> str:
    return f"HTTP {refusal.status}" if refusal.status is not None else refusal.kind
