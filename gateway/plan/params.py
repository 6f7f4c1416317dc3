"""The style `params`: how a core list with filters is asked (mapping-format, section 3.5).

`f=v` is equality as it stands, `f_IEQ=v` without case, `f_SW=v` a beginning; several are ANDed, and each name is used once. A field that
the catalogue only infers as filterable, or that nevisIDM has been caught ignoring, is worth a superset. What could lose somebody is not
pushed: equality in the wrong case, a modifier on a custom property unless a probe has proved it (it might be taken for a property of that
name), an instant kept as the text of a property.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.mapping.lens import Asked
from gateway.mapping.model import Mapping, Route
from gateway.mapping.record import Field, Only
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.carried import path_in, property_of
from gateway.plan.condition import Test
from gateway.plan.way import Pushed

RESERVED = frozenset(("limit", "offset", "continuationToken", "sortBy", "returnTotalResultCount"))
ANY = "*"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a list calls a field. `sure` False: the catalogue only infers that it filters by it; `property`: a custom one."""

    name: str
    sure: bool
    property: bool = False


@dataclass(slots=True)
class Speller:
    """Spells tests for one call of one route. `confirmed` by a probe, `doubted` since a hit did not fit; each parameter is used once."""

    mapping: Mapping
    route: Route
    capabilities: Capabilities
    doubted: frozenset[str]
    confirmed: frozenset[str] = frozenset()
    used: set[str] = field(default_factory=set)

    def spell(self, test: Test) -> Pushed | None:
        """The test as a parameter, or None if this list cannot be asked it."""
        if test.asked is None or test.field is None:
            return None
        parameter = self._parameter(test)
        if parameter is None or (parameter.property and test.moment):
            return None
        found = self._spelled(parameter, test.asked)
        if found is None or found[0] in self.used:
            return None
        name, value, exact = found
        self.used.add(name)
        sure = exact and test.asked.exact and not test.part and self._sure(parameter, name)
        return Pushed(f"{name}={value}", name, value, sure, source=test.source)

    def only(self, record: str, only: Only) -> Pushed | None:
        """A condition of the mapping's `only` as a parameter."""
        path = path_in(self.mapping, self.route.items, Field(record, only.keys))
        parameter = parameter_of(path, self.route, self.capabilities)
        if parameter is None or only.kind in ("contains", "not", "in"):
            return None
        text = ("true" if only.value else "false") if isinstance(only.value, bool) else str(only.value)
        found = self._spelled(parameter, Asked("sw" if only.kind == "starts" else "eq", (text,)))
        if found is None or found[0] in self.used:
            return None
        name, value, exact = found
        self.used.add(name)
        return Pushed(f"{name}={value}", name, value, exact and self._sure(parameter, name), only=only)

    def _sure(self, parameter: Parameter, name: str) -> bool:
        """Whether the list is known to heed it: documented or proved by a probe, and never caught ignoring it."""
        return (parameter.sure or name in self.confirmed) and name not in self.doubted

    def _parameter(self, test: Test) -> Parameter | None:
        named = test.names.get(self.route.name, "")
        if named is None or test.field is None:
            return None
        if named:
            return known(named, self.route)
        return parameter_of(path_in(self.mapping, self.route.items, test.field), self.route, self.capabilities)

    def _spelled(self, parameter: Parameter, asked: Asked) -> tuple[str, str, bool] | None:
        """Name, value and whether it says all of what is asked."""
        if len(asked.values) != 1 or asked.values[0] == "":
            return None
        value, caps = asked.values[0], self.capabilities
        plain = parameter.name
        ignoring = asked.case == "ignore"
        one_case = {"lower": str.lower, "upper": str.upper}.get(caps.ieq)
        if asked.op in ("eq", "in"):
            if not ignoring:
                return plain, value, True
            if one_case is not None and not parameter.property:
                return plain, one_case(value), True
            pushed = caps.property_ieq if parameter.property else caps.ieq == "on"
            return (f"{plain}_IEQ", value, True) if pushed else None
        if asked.op != "sw" or caps.sw == "off" or parameter.property:
            return None
        if caps.sw == "ignore_case":
            return f"{plain}_SW", value, ignoring
        if not ignoring:
            return f"{plain}_SW", value, True
        return (f"{plain}_SW", one_case(value), True) if one_case is not None else None


def parameter_of(path: tuple[str, ...] | None, route: Route, capabilities: Capabilities) -> Parameter | None:
    """What the list calls a field of its items, if it filters by it."""
    if not path or any(key.startswith("_") for key in path):
        return None
    name = property_of(path)
    if name is None:
        return known(".".join(path), route)
    spelled = f"{capabilities.property_prefix}{name}"
    clash = spelled in RESERVED or spelled in route.filters or spelled.endswith(("_SW", "_IEQ"))
    places = {ANY, "properties", "properties.*", f"properties.{name}", "<property name>"}
    if clash or not places & route.filters:
        return None
    return Parameter(spelled, not places & route.inferred, property=True)


def known(name: str, route: Route) -> Parameter | None:
    """A field by the name that the catalogue has for it."""
    if name in route.filters or ANY in route.filters:
        return Parameter(name, name not in route.inferred and ANY not in route.inferred)
    return None
