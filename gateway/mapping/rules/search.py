"""M401, M403 to M406: routes that cannot be taken, tenants that could mix, searches that read everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.document import Path
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping, Route, Search
from gateway.mapping.record import Only
from gateway.mapping.rules.walk import found, lines
from gateway.nevisidm import catalogue


def routes_named(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M401: `search` of an attribute names a route of this file, and a field that this route can ask."""
    if unit.mapping is None:
        return
    routes = {route.name: route for route in unit.mapping.search.routes} if unit.mapping.search else {}
    for line in lines(unit):
        for name, field in line.leaf.routes.items() if line.leaf is not None else ():
            path = (*line.path, "search", name)
            if name not in routes:
                yield found(
                    unit,
                    "M401",
                    path,
                    f'no route is called "{name}"',
                    did_you_mean(name, routes, f"the routes are {', '.join(routes) or 'none'}"),
                )
            elif field is not None and line.leaf is not None:
                yield from _field(unit, routes[name], field, line.leaf, path)


def _field(unit: Unit, route: Route, field: str, leaf: Leaf, path: Path) -> Iterator[Finding]:
    if route.style == "plain":
        yield found(unit, "M401", path, f'the route "{route.name}" is plain and asks no fields', "leave it out")
    elif route.style == "lucene":
        names = {each.lower() for each in route.filters}
        if names and field.lower() not in names and not _property(leaf):
            yield found(
                unit,
                "M401",
                path,
                f'the index has no field "{field}"',
                did_you_mean(field, route.filters, "see the query service's fields"),
            )
    elif route.filters and not catalogue.has(route.filters, tuple(field.split("."))):
        yield found(
            unit,
            "M401",
            path,
            f'the list has no filter "{field}"',
            did_you_mean(field, route.filters, "see the list's parameters"),
        )


def _property(leaf: Leaf) -> bool:
    """Whether it shows a custom property: the index knows those by their own names."""
    return leaf.first is not None and "properties" in (leaf.first.record, *leaf.first.keys[:1])


def always_open(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M403: without the index and without a filter there is still a way to list."""
    mapping = unit.mapping
    if mapping is not None and mapping.search and not any(_open(route, mapping) for route in mapping.search.routes):
        text = "with the index off, no route is open to a search without a filter"
        yield found(unit, "M403", ("search", "routes"), text, "add a core list, or a walk with `over`")


def _open(route: Route, mapping: Mapping) -> bool:
    """Whether its path can be filled without a filter: by `over`, or from a record that is read from what `over` gives."""
    if route.style == "lucene":
        return False
    filled = {"client", "client.name", *([route.over.hole] if route.over else [])}
    led = {
        name for name, record in mapping.records.items() if any(set(read.path.holes) <= filled for read in record.reads)
    }
    holes = () if route.call is None else route.call.path.holes
    return all(hole in filled or hole.partition(".")[0] in led for hole in holes)


def bound_to_tenant(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M404: the query service sees all tenants, so its routes say which one is meant, and check every hit."""
    for route in unit.mapping.search.routes if unit.mapping and unit.mapping.search else ():
        missing = [key for key, value in (("scope", route.scope), ("guard", route.guard)) if not value]
        if route.style == "lucene" and missing:
            cure = (
                "write scope: clientName:{client.name}"
                if "scope" in missing
                else 'write guard: { client.extid: "{client}" }'
            )
            text = f'the route "{route.name}" has no `{"` and no `".join(missing)}`, so tenants could mix'
            yield found(unit, "M404", ("search", "routes", route.name), text, cure)


def answerable(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M405: if nothing can be asked of nevisIDM, rows must be read to check them here."""
    search = unit.mapping.search if unit.mapping else None
    if search is not None and (search.scan < 1 or search.calls < 1) and not _asks(search):
        yield found(
            unit,
            "M405",
            ("search", "scan"),
            "no route can ask nevisIDM anything, and nothing may be read",
            "raise `scan` and `calls`",
        )


def _asks(search: Search) -> bool:
    return any(route.style == "lucene" or (route.style == "params" and route.filters) for route in search.routes)


def counted_here(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M406: an `only` that no list can push, so that every total is counted row by row, and the line does not say so (`# counted here`)."""
    mapping = unit.mapping
    if mapping is None or mapping.search is None or not mapping.records:
        return
    first = next(iter(mapping.records.values()))
    for only in first.only:
        if not any(_pushes(route, only, mapping) for route in mapping.search.routes):
            path = ("records", first.name, "only", ".".join(only.keys))
            place = unit.document.value_place(*path)
            if not unit.document.remarks.get((place.file, place.line), "").startswith("counted here"):
                text, cure = (
                    "no route can push this condition, so totals are counted here",
                    "write `# counted here` behind it once you know",
                )
                yield found(unit, "M406", path, text, cure, "notice")


def _pushes(route: Route, only: Only, mapping: Mapping) -> bool:
    takes = catalogue.has(route.filters, only.keys) if route.filters else False
    return route.style == "params" and only.kind != "not" and takes and route.items in mapping.records
