"""Our own bugs: the client hears of a fault, the log learns its type and place, nobody its text, which may hold a value."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from gateway.errors import Fault
from gateway.events import Crashed, Events


def crashed(crash: Exception, request_id: str, events: Events) -> Fault:
    """The crash, announced, as the error that the client is told."""
    frame = traceback.extract_tb(crash.__traceback__)[-1]
    events.emit(Crashed(request_id, type(crash).__name__, f"{PurePath(frame.filename).name}:{frame.lineno}"))
    return Fault("GW901", f"The gateway has a fault. Report it with request id {request_id}.")
