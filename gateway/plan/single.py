"""Values that nevisIDM brings by a call of their own: unlocking is no change of the state's field, but a POST that also forgets failures.

A record's `update` names such values (`values` in the mapping). The changes of one update are taken apart: each such value by its own call
without a body, and the rest by the update itself. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.mapping.document import shown
from gateway.mapping.record import Write
from gateway.nevisidm.call import Call
from gateway.plan.body import Values


@dataclass(frozen=True, slots=True)
class Part:
    """Changes that go by one call: `call` None is the update itself, with these values in its body."""

    call: Call | None
    values: Values = field(repr=False)


def parts(write: Write, values: Values) -> tuple[Part, ...]:
    """The changes in the order in which they are sent: the update's own first, so that a call for one value has the last word."""
    own = {keys: call for keys, value in values.items() if (call := _call(write, keys, values[keys])) is not None}
    rest = {keys: value for keys, value in values.items() if keys not in own}
    single = [Part(call, {keys: values[keys]}) for keys, call in own.items()]
    return (*([Part(None, rest)] if rest or not single else []), *single)


def back(write: Write, before: Values) -> Call | None:
    """The call that brings the values from before, where it is one of their own."""
    whole = parts(write, before)
    return whole[0].call if len(whole) == 1 else None


def _call(write: Write, keys: tuple[str, ...], value: object) -> Call | None:
    table = write.values.get(keys)
    scalar = value if isinstance(value, str | bool | int | float) else None
    return table.get(shown(scalar)) if table is not None and scalar is not None else None
