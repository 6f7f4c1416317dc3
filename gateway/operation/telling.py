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


class Telling:
    """A block within which a Refusal becomes the ScimError that the mapping says; a half-done write becomes GW505 naming what is left, one
    that was done and cannot be shown GW508."""

    __slots__ = ("_context", "_mapping", "_request")

    def __init__(self, request: ScimRequest, mapping: Mapping, context: Context) -> None:
        self._request = request
        self._mapping = mapping
        self._context = context

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, HalfDone):
            raise self._half_done(error) from None
        if isinstance(error, Unshown):
            raise self._unshown(error) from None
        if isinstance(error, Refusal):
            found = told(error, self._request, self._mapping, self._context)
            _announce(self._request, self._context, error, alarm=bool(found.log.get("alarm")))
            raise found from None

    def _half_done(self, half: HalfDone) -> ScimError:
        _announce(self._request, self._context, half.refusal, alarm=True)
        left = _within(self._mapping, half)
        text = f"The change failed and could not be taken back; left behind{left}. An operator has been told."
        return Unavailable("GW505", text)

    def _unshown(self, unshown: Unshown) -> ScimError:
        if unshown.refusal is not None:
            alarm = unshown.refusal.status in (401, 403)
            _announce(self._request, self._context, unshown.refusal, alarm=alarm)
        what = f"Read {self._mapping.name} {unshown.id}; do not repeat the change."
        return Unavailable("GW508", f"The change was made, but nevisIDM did not show its result. {what}")


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
