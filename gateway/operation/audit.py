"""The audit: every write that was done, as one event naming who, what and which attributes, never a value."""

from __future__ import annotations

from gateway.events import Changed
from gateway.operation.context import Answer, Context
from gateway.scim.request import ScimRequest

WRITES = frozenset(("create", "replace", "modify", "delete", "act"))


def audit(request: ScimRequest, answer: Answer, context: Context) -> None:
    """Announce the request if it may have changed something."""
    if request.operation not in WRITES:
        return
    found = request.id or str((answer.resource or {}).get("id", ""))
    context.events.emit(
        Changed(
            request.request_id,
            request.caller.subject,
            request.operation,
            request.type.name,
            found,
            answer.changed,
            answer.status,
        )
    )
