"""nevisIDM's refusals on their way out: told by the mapping's error rows, announced to the operator with nevisIDM's own codes."""

from __future__ import annotations

from typing import Literal

from gateway.errors import Fault, ScimError, Unavailable
from gateway.events import NevisRefused
from gateway.mapping.model import Mapping
from gateway.mapping.refusal import tell
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.step import HalfDone
from gateway.operation.context import Context
from gateway.operation.release import too_new
from gateway.operation.writing import Unshown
from gateway.scim.request import ScimRequest

ORIGINS: dict[str, Literal["id", "filter", "body"]] = {"create": "body", "search": "filter"}


Told = HalfDone | Unshown | Refusal
"""What an operation may end with that is no ScimError."""


def in_scim_terms(wrong: Told, request: ScimRequest, mapping: Mapping, context: Context) -> ScimError:
    """What the mapping says of a refusal; GW505 for a half-done write, naming what is left; GW508 for one that was done and cannot be
    shown."""
    if isinstance(wrong, HalfDone):
        _announce(request, context, wrong.refusal, alarm=True)
        text = f"The change failed and could not be taken back; left behind{_within(mapping, wrong)}. An operator has been told."
        return Unavailable("GW505", text)
    if isinstance(wrong, Unshown):
        if wrong.refusal is not None:
            _announce(request, context, wrong.refusal, alarm=wrong.refusal.status in (401, 403))
        what = f"Read {mapping.name} {wrong.id}; do not repeat the change."
        return Unavailable("GW508", f"The change was made, but nevisIDM did not show its result. {what}")
    found = told(wrong, request, mapping, context)
    _announce(request, context, wrong, alarm=bool(found.log.get("alarm")))
    return found


def _within(mapping: Mapping, half: HalfDone) -> str:
    """Where what is left is, and what it is called on either side."""
    where = f" in {mapping.name} {half.id}" if half.id is not None else ""
    attributes = f" ({', '.join(half.attributes)})" if half.attributes else ""
    return f"{where}: {', '.join(half.left)}{attributes}"


def told(refusal: Refusal, request: ScimRequest, mapping: Mapping, context: Context) -> ScimError:
    """The refusal in SCIM terms. A write whose reply was lost is never called a failure nor a success."""
    if refusal.unknown_outcome:
        return Unavailable(
            "GW506", "nevisIDM's reply was lost; the change may have happened. Read the resource before trying again."
        )
    if (newer := too_new(refusal, mapping, context.capabilities)) is not None:
        return newer
    found = tell(
        refusal,
        mapping,
        context.mappings,
        if_match=request.if_match is not None,
        as_self=request.caller.is_self,
        hole_from=ORIGINS.get(request.operation, "id"),
    )
    if isinstance(found, str):
        return Fault("GW901", f"The mapping of {mapping.name} answers with an outcome outside of its steps.")
    return found


def _announce(request: ScimRequest, context: Context, refusal: Refusal, *, alarm: bool) -> None:
    context.events.emit(
        NevisRefused(request.request_id, refusal.call, refusal.status, refusal.codes, alarm, refusal.why)
    )
