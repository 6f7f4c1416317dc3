"""A call that is newer than the nevisIDM behind the gateway: nevisIDM answers as to any unknown address, the client reads which release.


Only where the settings say the same (capability `release`): else an unknown address is a wrong base path, which is for the operator.
"""

from __future__ import annotations

from gateway.errors import Unsupported
from gateway.mapping.action import Do
from gateway.mapping.model import Mapping
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call, Refusal
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.access import released


def too_new(refusal: Refusal, mapping: Mapping, capabilities: Capabilities) -> Unsupported | None:
    """GW204 with the first releases of the call that nevisIDM did not know; None where it must have it, or knew it."""
    unknown = refusal.status == 405 or (refusal.status == 404 and not refusal.json)
    call = _called(mapping, refusal.call) if unknown else None
    entry = catalogue.find(call.method, call.path.text) if call is not None else None
    if entry is None or released(entry.since, capabilities.release):
        return None
    return Unsupported("GW204", f"nevisIDM can do this since release {' and '.join(entry.since)}; this one is older.")


def _called(mapping: Mapping, name: str) -> Call | None:
    """The call of that name: a record's, a step's of an operation or of an action."""
    record = mapping.records.get(name.partition(".")[0])
    writes = (record.create, record.update, record.delete) if record is not None else ()
    own = [*(record.reads if record is not None else ()), *(write.call for write in writes if write is not None)]
    steps = [step.call for steps in mapping.operations.values() for step in steps if step.call is not None]
    ways = mapping.action.ways.values() if mapping.action is not None else ()
    done = [step.call for way in ways for step in way if isinstance(step, Do)]
    return next((call for call in (*own, *steps, *done) if call.name == name), None)
