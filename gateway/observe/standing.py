"""How the gateway stands, learnt from events: whether nevisIDM answers, and what went wrong last.

For people and probes, not for decisions: a gateway whose nevisIDM is away still answers (with 503 and Retry-After), so it stays ready;
taking every replica out of service at once would make an outage of nevisIDM a longer one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.events import (
    CallEnded,
    Event,
    FileMissed,
    FileTaken,
    Learnt,
    MappingsKept,
    MappingsSwapped,
    RequestEnded,
    RestartNeeded,
    SettingsKept,
    SettingsSwapped,
    SharedBack,
    SharedLost,
)

Clock = Callable[[], float]


@dataclass(slots=True)
class Standing:
    """A consumer of events that remembers the last of each kind. Times are seconds of `clock`."""

    clock: Clock = time.monotonic
    answered: float | None = None
    silent: float | None = None
    refused_mappings: str | None = None
    refused_settings: str | None = None
    waiting: tuple[str, ...] = ()
    missed: dict[str, str] = field(default_factory=dict)
    redis_lost: str | None = None
    draining: bool = False
    learnt: dict[str, Learnt] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, RequestEnded):
            return  # the most frequent one
        if isinstance(event, CallEnded):
            if event.status is None or event.status >= 500:
                self.silent = self.clock()
            else:
                self.answered = self.clock()
        elif isinstance(event, MappingsKept):
            self.refused_mappings = event.finding
        elif isinstance(event, MappingsSwapped):
            self.refused_mappings = None
        elif isinstance(event, SettingsKept):
            self.refused_settings = event.finding
        elif isinstance(event, SettingsSwapped):
            self.refused_settings = None
        elif isinstance(event, RestartNeeded):
            self.waiting = event.settings
        elif isinstance(event, FileMissed):
            self.missed[event.setting] = event.reason
        elif isinstance(event, FileTaken):
            self.missed.pop(event.setting, None)
        elif isinstance(event, SharedLost):
            self.redis_lost = event.reason
        elif isinstance(event, SharedBack):
            self.redis_lost = None
        elif isinstance(event, Learnt):
            self.learnt[event.capability] = event

    @property
    def nevisidm(self) -> str:
        """ "answers", "fails" (the last call got no answer, or a 5xx) or "unknown" (nobody asked it yet)."""
        if self.answered is None and self.silent is None:
            return "unknown"
        return "answers" if (self.answered or 0.0) > (self.silent or 0.0) else "fails"

    def capabilities(self) -> dict[str, dict[str, str]]:
        """What nevisIDM is taken to be able to do, by the capability's name, each with how that is known."""
        return {name: {"value": each.value, "known": each.how} for name, each in self.learnt.items()}

    def drain(self) -> None:
        """It is about to stop: no new requests, please."""
        self.draining = True

    def told(self) -> tuple[bool, dict[str, object]]:
        """Whether requests should be sent here, and what a person wants to know beside it."""
        report: dict[str, object] = {"ready": not self.draining, "nevisidm": self.nevisidm}
        if self.draining:
            report["reason"] = "it is stopping"
        if self.refused_mappings is not None:
            report["mappings"] = f"the changed files were refused, the former ones serve: {self.refused_mappings}"
        if self.refused_settings is not None:
            report["settings"] = f"the changed ones were refused, the former serve: {self.refused_settings}"
        if self.waiting:
            report["restart"] = f"changed, and taken up at the next start: {', '.join(self.waiting)}"
        if self.missed:
            report["files"] = {name: f"of no use, the former serves: {why}" for name, why in self.missed.items()}
        if self.redis_lost is not None:
            report["redis"] = f"gone ({self.redis_lost}); each process counts for itself, see docs/limits.md"
        return not self.draining, report
