"""Whether a request that failed is sent again, and what its failure means to who asked.

A second try must never do or count something twice. So only reads are repeated, and what surely never left; a read that nevisIDM answered
"later" waits for its caller, unless there is another address to ask now.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.nevisidm.call import Kind, Refusal, Request
from gateway.nevisidm.engine import EngineError, Late, LoginLost, Timeout, Unreachable
from gateway.nevisidm.hosts import Host

READS = 2
"""Tries of a read where there is one address."""
_PASSING = frozenset({502, 503, 504})


@dataclass(slots=True)
class Tries:
    """The addresses that were tried, in order, and how many there are."""

    known: int
    hosts: list[Host] = field(default_factory=list)

    @property
    def elsewhere(self) -> bool:
        """Whether an address is left that was not tried."""
        return len(self.hosts) < self.known


def worth_another(request: Request, refusal: Refusal, tries: Tries) -> bool:
    """Whether another try may help and can do no harm."""
    if refusal.unsent and tries.elsewhere:
        return True
    if request.method != "GET" or request.once:
        return False
    cut_off = (refusal.kind, refusal.status) == ("broken", None)
    if not (cut_off or refusal.kind == "unreachable" or refusal.status in _PASSING):
        return refusal.kind == "timeout" and tries.elsewhere
    if refusal.retry_after is not None:
        return refusal.status is not None and tries.elsewhere
    return tries.elsewhere or len(tries.hosts) < READS


def shed(request: Request, moment: float = 0.0) -> Refusal:
    """A call that there was no place for. It was not sent, nowhere is more room for it, and the caller is to come again."""
    refusal = Refusal(request.name, "unreachable", retry_after=1)
    refusal.shed, refusal.moment = True, moment
    return refusal


def lost(request: Request, error: EngineError) -> Refusal:
    """What an engine's failure is to the caller: for a write that may have arrived, an unknown outcome."""
    kind: Kind = "broken"
    if isinstance(error, Timeout | Late):
        kind = "timeout"
    elif isinstance(error, Unreachable | LoginLost):
        kind = "unreachable"
    refusal = Refusal(request.name, kind, unknown_outcome=error.sent and request.method != "GET", why=str(error))
    refusal.unsent = isinstance(error, Unreachable) and not error.sent
    return refusal
