"""Several addresses of one nevisIDM: which is used now, which is away, and when one that was away is tried again.

The first is the usual one. It is left after a connection that could not be made, an answer that says to come back later, or a few
failures in a row; then the next one serves. After a pause one read (never a write) tries the usual one again, and when that works
everything goes back there. With one address alone nothing of this happens: it is always tried.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.events import Events, HostChanged
from gateway.nevisidm.engine import Broken, EngineError, Exchange, Timeout, Unreachable

REST = 5.0
"""Seconds that an address is left alone after its first failure; twice as long after each further one, up to LONGEST."""
LONGEST = 60.0
FAILURES = 3
"""Failures in a row, of connections that were made, after which an address counts as away."""


@dataclass(slots=True)
class Host:
    """One address. `away`: it is not to be used for writes; `until`: when a read may try it again."""

    root: str
    name: str
    away: bool = False
    until: float = 0.0
    failures: int = 0
    rests: int = 0
    on_trial: bool = False


class Hosts:
    """The addresses in their order, and what is known of them."""

    def __init__(self, roots: Sequence[str], events: Events, clock: Callable[[], float] = time.monotonic) -> None:
        self._hosts = [Host(root, root.partition("://")[2].partition("/")[0]) for root in roots]
        self._events = events
        self._clock = clock

    def __len__(self) -> int:
        return len(self._hosts)

    @property
    def first(self) -> Host:
        """The usual one."""
        return self._hosts[0]

    def choose(self, *, reading: bool, but: Sequence[Host] = ()) -> Host | None:
        """The address for the next try; None when all were tried. Those that are away come last, rather than nobody."""
        if not but and not self._hosts[0].away:
            return self._hosts[0]
        left = [host for host in self._hosts if host not in but]
        for host in left:
            if not host.away:
                return host
            if reading and not host.on_trial and self._clock() >= host.until:
                host.on_trial = True
                return host
        return min(left, key=lambda host: host.until, default=None)

    def answered(self, host: Host, exchange: Exchange, retry_after: int | None) -> None:
        """It answered, be it that it, or what stands before it, cannot now."""
        if exchange.status < 500:
            self._works(host)
        elif exchange.status == 503 and retry_after is not None:
            self._leave(host, max(REST, retry_after), "busy")
        elif exchange.status in (502, 503, 504):
            self._count(host, str(exchange.status))
        else:
            self._works(host)

    def failed(self, host: Host, error: EngineError, seconds: float, patience: float) -> None:
        """It did not answer within `seconds`; `patience` is what it is granted, which a caller in a hurry may cut short.

        A connection that was made and broke may be an idle one that nobody wanted any more: once is no proof. An answer that is none
        (too large, say) is one all the same.
        """
        if isinstance(error, Broken) or (isinstance(error, Timeout) and seconds < patience):
            return
        if isinstance(error, Unreachable) and not error.sent:
            self._leave(host, self._rest(host), type(error).__name__)
        else:
            self._count(host, type(error).__name__)

    def given_up(self, host: Host) -> None:
        """A try ended without a word about the host: somebody else may try it."""
        host.on_trial = False

    def _works(self, host: Host) -> None:
        if not host.failures and not host.away:
            return
        host.failures = host.rests = 0
        if host.away:
            host.away = False
            self._events.emit(HostChanged(host.name, True, ""))

    def _count(self, host: Host, why: str) -> None:
        host.failures += 1
        if host.away or host.failures >= FAILURES:
            self._leave(host, self._rest(host), why)

    def _rest(self, host: Host) -> float:
        return min(LONGEST, REST * 2.0**host.rests)

    def _leave(self, host: Host, seconds: float, why: str) -> None:
        if len(self._hosts) == 1:
            return
        if not host.away or host.on_trial:  # not once more for each call that was under way when it went
            host.until = self._clock() + seconds
            host.rests = min(host.rests + 1, 8)
        if not host.away:
            host.away = True
            self._events.emit(HostChanged(host.name, False, why))
