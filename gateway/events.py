"""Everything that happens, once: each event is one frozen dataclass; consumers (log, audit, metrics) decide what becomes of it.

No event holds a secret, personal data or a filter value: ids of resources, names of attributes and shapes only. `emit` never raises
and never blocks; a consumer that fails is reported by `ConsumerFailed` to the others. Events have no slots: their fields as they are
(`vars`) are what a log line says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.swift import swift
from gateway.trace import Trace


@swift
@dataclass(frozen=True)
class RequestEnded:
    """One canonical line per request. `shape` is the filter with values replaced by `?`; times are seconds by stage.

    `tenant` is the extId of the nevisIDM client that it was bound to; empty where it was refused before that was known.
    """

    request_id: str
    dialect: str
    operation: str
    resource: str
    status: int
    code: str | None
    shape: str | None
    seconds: float
    stages: tuple[tuple[str, float], ...]
    calls: int
    trace: Trace | None = None
    tenant: str = ""


@swift
@dataclass(frozen=True)
class CallEnded:
    """One nevisIDM call: `call` is its name in the mapping ("user.read"), never its URL."""

    request_id: str
    call: str
    status: int | None
    seconds: float
    attempt: int
    trace: Trace | None = None


@dataclass(frozen=True)
class Shed:
    """A call was not sent: too much is under way, and no place would have come free in time."""

    request_id: str
    call: str


@dataclass(frozen=True)
class Forsaken:
    """A call was not sent: who asked closed the connection while it waited for a place."""

    request_id: str
    call: str


@dataclass(frozen=True)
class TurnedAway:
    """So many requests of the last second were refused at the turnstile: there were too many of them, or too many connections."""

    count: int


@dataclass(frozen=True)
class NevisRefused:
    """nevisIDM refused a call; its own code goes to the operator only. `alarm`: a right or the login of the gateway is missing.

    `reason`: what an answer was that is none of nevisIDM's, in a word: redirect, html, empty, not json, cut off, a kind of fault.
    """

    request_id: str
    call: str
    status: int | None
    codes: tuple[str, ...]
    alarm: bool
    reason: str = ""


@dataclass(frozen=True)
class HostChanged:
    """An address of nevisIDM is left for the next one (`up` false), or works again; `reason` is a kind of fault or a status."""

    host: str
    up: bool
    reason: str


@dataclass(frozen=True)
class FileMissed:
    """A file that is read again when it changes could not be used; what was read before stays. `setting` names it."""

    setting: str
    reason: str


@dataclass(frozen=True)
class FileTaken:
    """A file that was of no use, or has changed, is used now: a secret or a certificate that was rotated."""

    setting: str


@dataclass(frozen=True)
class Changed:
    """The audit event: who changed which attributes (by name) of which resource, with what result."""

    request_id: str
    subject: str
    operation: str
    resource: str
    id: str
    attributes: tuple[str, ...]
    status: int


@dataclass(frozen=True)
class HalfDone:
    """A write of several calls failed and could not be taken back; `left` names the records that stay, `attributes` what they carry.

    Its labels for counting are `resource` and `left`: both come from the mapping.
    """

    request_id: str
    resource: str
    left: tuple[str, ...]
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unrecorded:
    """A line of the audit or of the journal could not be written. `record` says which, `reason` is a kind of fault."""

    record: str
    reason: str


@dataclass(frozen=True)
class Mistrusted:
    """nevisIDM returned rows that do not fit what was pushed: the parameter (by name) is only trusted as a superset from now on."""

    resource: str
    route: str
    parameter: str


@dataclass(frozen=True)
class RouteClosed:
    """A search route failed (index off, rebuilding, stale) and the request was planned again without it."""

    resource: str
    route: str
    reason: str


@dataclass(frozen=True)
class KeysMissed:
    """The keys of an issuer of tokens could not be fetched; those that were known stay in use for a while. `reason` is a kind of fault."""

    issuer: str
    reason: str


@dataclass(frozen=True)
class MappingsSwapped:
    """Changed mapping files were taken up: requests from now on see these."""

    resources: int


@dataclass(frozen=True)
class MappingsKept:
    """Changed mapping files have errors; the former mappings go on. `finding` is the first, `findings` how many there are."""

    finding: str
    findings: int


@dataclass(frozen=True)
class SettingsSwapped:
    """Changed settings or their secrets were taken up: these, by name."""

    settings: tuple[str, ...]


@dataclass(frozen=True)
class SettingsKept:
    """Changed settings, or a file with a secret of theirs, have errors; the former go on. `finding` is the first, `findings` how many."""

    finding: str
    findings: int


@dataclass(frozen=True)
class RestartNeeded:
    """These settings were changed and are taken up at the next start only."""

    settings: tuple[str, ...]


@dataclass(frozen=True)
class SharedLost:
    """What replicas share (Redis) cannot be reached; each goes on as docs/limits.md says. `reason` is a kind of fault."""

    reason: str


@dataclass(frozen=True)
class SharedBack:
    """It can be reached again, after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Probed:
    """What asking nevisIDM at start found out, as one sentence."""

    finding: str


@dataclass(frozen=True)
class Learnt:
    """One capability of nevisIDM as it is used from now on: `how` it is known (set, asked, assumed and why)."""

    capability: str
    value: str
    how: str


@dataclass(frozen=True)
class DoneWithout:
    """A setting is absent that somebody may have forgotten, and what that means, as one sentence."""

    setting: str
    meaning: str


@dataclass(frozen=True)
class Dropped:
    """A value was left out: it fits no slot (`unmatched: drop` of a mapping), or its type has no such attribute (a leniency)."""

    resource: str
    attribute: str


@dataclass(frozen=True)
class Crashed:
    """A fault of ours: the exception's type and place, not its text."""

    request_id: str
    kind: str
    place: str


@dataclass(frozen=True)
class WorkerEnded:
    """One of several worker processes ended by itself and is replaced; `status` as a shell tells it, negative for a signal."""

    pid: int
    status: int


@dataclass(frozen=True)
class ConsumerFailed:
    """A consumer raised; its events are lost."""

    consumer: str
    kind: str


Event = (
    RequestEnded
    | CallEnded
    | Shed
    | Forsaken
    | TurnedAway
    | NevisRefused
    | HostChanged
    | FileMissed
    | FileTaken
    | Changed
    | HalfDone
    | Unrecorded
    | Mistrusted
    | RouteClosed
    | KeysMissed
    | MappingsSwapped
    | MappingsKept
    | SettingsSwapped
    | SettingsKept
    | RestartNeeded
    | SharedLost
    | SharedBack
    | Probed
    | Learnt
    | DoneWithout
    | Dropped
    | Crashed
    | WorkerEnded
    | ConsumerFailed
)
Consumer = Callable[[Event], None]


class Events:
    """The one way out for events: hands each to every consumer."""

    def __init__(self, *consumers: Consumer) -> None:
        self._consumers = consumers

    def emit(self, event: Event) -> None:
        """Hand the event to every consumer; a failing one costs only itself."""
        for consumer in self._consumers:
            try:
                consumer(event)
            except Exception as error:
                self._report(
                    ConsumerFailed(getattr(consumer, "__qualname__", type(consumer).__name__), type(error).__name__),
                    consumer,
                )

    def _report(self, failure: ConsumerFailed, culprit: Consumer) -> None:
        for consumer in self._consumers:
            if consumer is not culprit:
                consumer(failure)


SILENT = Events()


def heard(events: Events, setting: str) -> Callable[[str | None], None]:
    """For what reads a file again: told why it could not, or None when it could, it becomes an event of that setting."""

    def hear(why: str | None) -> None:
        events.emit(FileTaken(setting) if why is None else FileMissed(setting, why))

    return hear
