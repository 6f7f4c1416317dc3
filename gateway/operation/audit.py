"""The audit: every write that was tried, naming who, what, which attributes and what came of it, never a value.

Twice over: as an event, when something may have changed; and as lines of a file of its own, where one is set. There a write that must be
recorded is noted before it begins, so that no loss of the second line can hide it; where even that fails, it is refused (GW511).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.errors import ScimError, Unavailable
from gateway.events import SILENT, Changed, Events, Unrecorded
from gateway.ledger import Ledger
from gateway.scim.request import ScimRequest

if TYPE_CHECKING:
    from gateway.nevisidm.run import Run
    from gateway.operation.context import Answer, Context

WRITES = frozenset(("create", "replace", "modify", "delete", "act"))

_RESULTS = {"GW505": "half done", "GW506": "unknown", "GW508": "done"}


@dataclass(frozen=True, slots=True)
class Audit:
    """Where audit lines go; without a ledger nowhere. `required`: no write without its line."""

    ledger: Ledger | None = None
    required: bool = True
    events: Events = SILENT

    def begin(self, line: dict[str, Any]) -> None:
        """Note that a write begins. Raises Unavailable GW511 if that is required and cannot be."""
        if self.ledger is None or not self.required:
            return
        try:
            self.ledger.append({**line, "result": "begun"})
        except OSError as error:
            self.events.emit(Unrecorded("audit", type(error).__name__))
            text = "The audit log cannot be written, so nothing was done. An operator has been told; try again later."
            raise Unavailable("GW511", text, retry_after=10) from None

    def end(self, line: dict[str, Any]) -> None:
        """Note what came of it; a loss of this line is told to the operator, for the write is done."""
        if self.ledger is None:
            return
        try:
            self.ledger.append(line)
        except OSError as error:
            self.events.emit(Unrecorded("audit", type(error).__name__))


class Record:
    """One write's entry, completed while it runs."""

    def __init__(self, request: ScimRequest, context: Context, run: Run) -> None:
        self._request = request
        self._context = context
        self._run = run
        self.answer: Answer | None = None

    def line(self, **more: Any) -> dict[str, Any]:
        """What is known at the moment."""
        request = self._request
        return {
            "at": self._context.now().isoformat(timespec="milliseconds"),
            "request": request.request_id,
            "who": request.caller.subject,
            "tenant": self._context.tenant.ext_id,
            "operation": request.operation,
            "resource": request.type.name,
            "id": self._id(),
            "attributes": list(self._attributes()),
            **more,
        }

    def done(self, answer: Answer) -> None:
        """It came to this answer."""
        self.answer = answer
        self._announce(answer.status)
        self._context.audit.end(self.line(result="done", status=answer.status))

    def failed(self, error: ScimError) -> None:
        """It came to this error."""
        code = error.code.code
        if code in _RESULTS:
            self._announce(error.status)
        result = _RESULTS.get(code, "refused")
        self._context.audit.end(self.line(result=result, status=error.status, code=code))

    def broke(self) -> None:
        """A fault of ours: what it left is not known."""
        self._context.audit.end(self.line(result="unknown", status=500, code="GW901"))

    def _announce(self, status: int) -> None:
        request = self._request
        found, names = self._id() or "", self._attributes()
        changed = Changed(
            request.request_id, request.caller.subject, request.operation, request.type.name, found, names, status
        )
        self._context.events.emit(changed)

    def _id(self) -> str | None:
        told = (self.answer.resource or {}).get("id") if self.answer is not None else None
        return self._request.id or (str(told) if told else self._run.made)

    def _attributes(self) -> tuple[str, ...]:
        return (self.answer.changed if self.answer is not None else ()) or self._run.attributes


@contextmanager
def audited(request: ScimRequest, context: Context, run: Run) -> Iterator[Record]:
    """Within it, one of the WRITES is recorded, whatever comes of it. Raises Unavailable GW511 before it begins."""
    record = Record(request, context, run)
    context.audit.begin(record.line())
    try:
        yield record
    except ScimError as error:
        record.failed(error)
        raise
    except Exception:
        record.broke()
        raise
