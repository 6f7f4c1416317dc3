"""Search routes, with what the catalogue knows about each route's call: since when, which filters, which sorts."""

from __future__ import annotations

from gateway.mapping.compile.notes import Notes
from gateway.mapping.file import MappingFile, RouteSpec
from gateway.mapping.finding import did_you_mean
from gateway.mapping.model import Route, Search
from gateway.nevisidm import catalogue


def search_of(spec: MappingFile, notes: Notes) -> Search | None:
    """How lists are answered, None if the file does not say."""
    if spec.search is None:
        return None
    routes = tuple(_route(name, each, notes) for name, each in spec.search.routes.items())
    return Search(routes, spec.search.scan, spec.search.calls)


def _route(name: str, spec: RouteSpec, notes: Notes) -> Route:
    path = ("search", "routes", name)
    call = notes.call(name, spec.call, *path, "call") if spec.call is not None else None
    guard = {field: notes.template(text, *path, "guard", field) for field, text in (spec.guard or {}).items()}
    entry = catalogue.find(call.method, call.path.text) if call is not None else None
    index = catalogue.index(call.path.text) if call is not None else None
    known = entry.filters if entry is not None else frozenset()
    for number, needed in enumerate(spec.needs or ()):
        if needed not in known:
            cure = did_you_mean(needed, known, "name a field that nevisIDM lets it be asked by")
            notes.error("M301", (*path, "needs", number), f'this list does not filter by "{needed}"', cure)
    return Route(
        name,
        call,
        spec.style,
        notes.place(*path),
        spec.items,
        dict(spec.key or {}),
        notes.template(spec.scope, *path, "scope") if spec.scope is not None else None,
        {field: template for field, template in guard.items() if template is not None},
        notes.over(spec.over, *path, "over"),
        entry.since if entry is not None else (),
        index.fields if index is not None else entry.filters if entry is not None else frozenset(),
        entry.inferred_filters if entry is not None else frozenset(),
        index.sorts if index is not None else entry.sorts if entry is not None else frozenset(),
        tuple(spec.needs or ()),
    )
