"""One mapping on trial: pairs, edits, filters and failures of its tests, each against the engine that serves requests."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Map
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, Literal

from gateway.errors import ScimError
from gateway.mapping.alias import expand
from gateway.mapping.apart import aparts, leaves_marks
from gateway.mapping.circumstance import Circumstance, own_row, shared_row
from gateway.mapping.file_tests import EditSpec, FailsSpec, FailureCaseSpec, FilterSpec, PairSpec
from gateway.mapping.identity import parse_id
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.put import Changes, changes
from gateway.mapping.records import record_of, stored_at
from gateway.mapping.refusal import tell
from gateway.mapping.view import Scene, view
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.template import lookup_in
from gateway.plan.aliased import shortened, spelled
from gateway.plan.carried import attrs_of
from gateway.plan.create import plan_create
from gateway.plan.difference import difference
from gateway.plan.elements import Elements
from gateway.plan.exercised import Exercised
from gateway.plan.plan import WritePlan
from gateway.plan.search import plan_search
from gateway.plan.spoken import left_of, push_of, route_of
from gateway.plan.write import plan_delete, plan_update
from gateway.scim.binding import bind_filter
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.edit import PATCH_OP
from gateway.scim.filter import parse_filter
from gateway.scim.intake import read_resource, require
from gateway.scim.mutability import settle
from gateway.scim.patch import apply, read_edits
from gateway.scim.request import Caller, Resource, ScimRequest
from gateway.scim.tree import Attr

Json = Any
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
GONE = object()
NOTHING: Map[str, Json] = MappingProxyType({})
_ABILITIES = {
    "release": "release",
    "query.enabled": "query_enabled",
    "query.leading_wildcards": "query_leading_wildcards",
    "filters.ieq": "ieq",
    "filters.sw": "sw",
    "filters.property_ieq": "property_ieq",
    "filters.property_prefix": "property_prefix",
    "paging.total": "total",
    "paging.offset": "offset",
    "paging.max_limit": "max_limit",
    "sort.desc_syntax": "desc_syntax",
    "patch.clear_value": "clear_value",
}


class Failed(Exception):
    """A test failed; the text says how. `accepted`: what its keys would say if what came out were right; GONE: nothing.

    It is empty where nothing that the test could say would be right.
    """

    def __init__(self, text: str, accepted: Map[str, Json] = NOTHING) -> None:
        super().__init__(text)
        self.accepted = accepted


class Trial:
    """Runs the tests of one mapping. Each raises Failed."""

    def __init__(self, mapping: Mapping, mappings: Mappings, pairs: Sequence[PairSpec]) -> None:
        self._mapping = mapping
        self._mappings = mappings
        self._pairs = pairs
        self.exercised = Exercised()
        self._scene = Scene(NOW, "{base}", {"client": "{client}", "client.name": "{client.name}"})

    def pair(self, case: PairSpec) -> None:
        """The records look like the resource, and the resource written back over them changes nothing."""
        strange = [name for name in case.idm if name not in self._mapping.records]
        if strange:
            raise Failed(f'no record is called "{strange[0]}"')
        seen = view(self._mapping, case.idm, self._scene)
        self.exercised.shown(self._mapping, case.idm, self._scene)
        wanted = spelled(self._mapping, case.scim)
        told = {name: value for name, value in seen.items() if name in wanted or name not in ("id", "meta")}
        _compare(wanted, told, {"scim": shortened(self._mapping, told, case.scim)})
        changed = self._changes(seen, {**seen, **wanted}, case.idm)
        if changed.attributes:
            names = ", ".join(map(str, changed.attributes))
            raise Failed(f"writing it back changes {names or 'something'}")

    def edit(self, case: EditSpec) -> None:
        """The edit causes exactly these calls, or is refused so."""
        try:
            plan, records = self._planned(case)
        except ScimError as error:
            _refused(error, case.fails, "fails", {} if case.writes is None else {"writes": GONE})
            return
        calls = self._calls(plan, records)
        if case.fails is not None:
            raise Failed(f"expected {case.fails.status}, but it passes", {"fails": GONE, "writes": calls})
        _compare(case.writes or {}, calls, {"writes": calls})

    def filter(self, case: FilterSpec) -> None:
        """The filter takes this route; without the index there is a route, too."""
        request = self._search(case.filter)
        plan = plan_search(request, self._mapping, _capabilities(case.with_ or {}))
        found = {"route": route_of(plan), "push": push_of(plan), "left": left_of(plan, self._mapping)}
        self.exercised.searched(attrs_of(request.filter) if request.filter is not None else (), route_of(plan))
        _compare({"route": case.route, "push": case.push, "left": case.left}, found, found)
        without = dataclasses.replace(_capabilities(case.with_ or {}), query_enabled=False)
        alone = plan_search(request, self._mapping, without)
        if alone.kind == "ways" and alone.way is None:
            raise Failed("with query.enabled: false no route is open")

    def failure(self, case: FailureCaseSpec) -> None:
        """The refusal becomes this error, or this outcome."""
        reply = case.reply
        codes = [each for each in reply.errors or () if "code" in each]
        status = reply.http if isinstance(reply.http, int) else None
        refusal = Refusal(
            reply.call,
            "http" if status is not None else reply.http,  # type: ignore[arg-type] # of the words the model allows
            status,
            codes=tuple(each["code"] for each in codes),
            words={each["code"]: each.get("message", "") for each in codes},
            json=reply.json_,
        )
        circumstance = Circumstance(reply.if_match, reply.self_)
        self.exercised.refused(
            own_row(refusal, self._mapping, circumstance)[0] or shared_row(refusal, self._mappings, circumstance)[0]
        )
        told = tell(
            refusal, self._mapping, self._mappings, if_match=reply.if_match, as_self=reply.self_, hole_from=None
        )
        if isinstance(told, str):
            other = {} if case.scim is None else {"scim": GONE}
            _compare({"outcome": case.outcome}, {"outcome": told}, {"outcome": told, **other})
        elif case.outcome is not None:
            text = f"expected the outcome {case.outcome}, got {told.status} {told.scim_type or ''}"
            new = {"status": told.status} | ({"scimType": told.scim_type} if told.scim_type else {})
            raise Failed(text, {"scim": new, "outcome": GONE})
        else:
            _refused(told, case.scim, "scim", {})

    def _planned(self, case: EditSpec) -> tuple[WritePlan, Map[str, Json]]:
        if case.delete:
            return self._deleted(case)
        return self._created(case.create) if case.create is not None else self._changed(case)

    def _deleted(self, case: EditSpec) -> tuple[WritePlan, Map[str, Json]]:
        pair = self._pair(case.from_)
        if "delete" not in self._mapping.operations:
            raise Failed("nothing says how to delete")
        known = parse_id(self._mapping, str(view(self._mapping, pair.idm, self._scene).get("id", ""))) or {}
        elements = self._elements(pair.idm) if leaves_marks(self._mapping) else Elements({}, self._hole, str)
        places = aparts(self._mapping)
        gone = {attr: tuple({places[attr].key: key} for key in found) for attr, found in elements.found.items()}
        plan = plan_delete(self._mapping, known, Changes(removed=gone), elements)
        self.exercised.written(self._mapping, "delete", Changes(removed=gone), plan)
        return plan, {}

    def _created(self, body: Resource) -> tuple[WritePlan, Map[str, Json]]:
        kind = self._mapping.type
        wish = read_resource({"schemas": [kind.schema], **spelled(self._mapping, body)}, kind, RFC, creating=True)
        require(wish, kind)
        changed = changes(self._mapping, {}, wish, {}, self._scene, creating=True)
        known = self._elements(self._pairs[0].idm if self._pairs else {})
        plan = plan_create(self._mapping, changed, self._hole, lambda: "{uuid}", known)
        self.exercised.written(self._mapping, "create", changed, plan)
        return plan, {}

    def _changed(self, case: EditSpec) -> tuple[WritePlan, Map[str, Json]]:
        pair = self._pair(case.from_)
        kind = self._mapping.type
        before = view(self._mapping, pair.idm, self._scene)
        verb: Literal["replace", "modify"] = "modify" if case.replace is None else "replace"
        wish = settle(before, self._wish(case, before), kind, IDCS if verb == "replace" else RFC, verb=verb)
        changed = self._changes(before, wish, pair.idm)
        known = parse_id(self._mapping, str(before.get("id", ""))) or {}
        records = {
            name: found
            for name in self._mapping.records
            if (found := record_of(self._mapping, pair.idm, name)) is not None
        }
        elements = self._elements(pair.idm)
        plan = plan_update(self._mapping, verb, changed, records, known, "null", elements)
        self.exercised.written(self._mapping, verb, changed, plan)
        return plan, records

    def _wish(self, case: EditSpec, before: Resource) -> Resource:
        """What a PUT or PATCH asks for, before it is held against what may change."""
        kind = self._mapping.type
        if case.replace is not None:
            wish = read_resource(
                {"schemas": [kind.schema], **spelled(self._mapping, case.replace)}, kind, IDCS, creating=False
            )
            if kind.put_only:
                require(wish, kind)
            return wish
        operations = [self._operation(each) for each in case.patch or ()]
        edits = read_edits({"schemas": [PATCH_OP], "Operations": operations}, kind, RFC)
        return apply(before, edits, kind, RFC.leniencies)

    def _elements(self, records: Map[str, Json]) -> Elements:
        """The elements that stand apart, of lists that run side by side: one without its source is nobody's yet."""
        found: dict[Attr, dict[str, dict[str, Json]]] = {}
        for attr, apart in aparts(self._mapping).items():
            lists = [records[name] if isinstance(records.get(name), list) else [] for name in apart.records]
            several = [dict(zip(apart.records, each, strict=True)) for each in zip_longest(*lists)]
            for element in several:
                source = element[apart.source]
                element[apart.source] = [] if source is None else [source]
            keys = (stored_at(self._mapping, element, apart.place) for element in several)
            found[attr] = {str(key): element for key, element in zip(keys, several, strict=True)}
        return Elements(found, self._hole, lambda: "{uuid}")

    def _pair(self, name: str | None) -> PairSpec:
        found = next((pair for pair in self._pairs if name in (None, pair.name)), None)
        if found is None:
            raise Failed(f'there is no pair called "{name}"' if name else "there is no pair to start from")
        return found

    def _operation(self, operation: Map[str, Json]) -> Resource:
        aliases = self._mapping.aliases
        new = {**operation}
        if isinstance(operation.get("path"), str):
            new["path"] = expand(operation["path"], aliases)
        elif isinstance(operation.get("value"), dict):
            new["value"] = spelled(self._mapping, operation["value"])
        return new

    def _changes(self, before: Resource, after: Resource, records: Map[str, Json]) -> Changes:
        return changes(self._mapping, before, after, records, self._scene, creating=False)

    def _calls(self, plan: WritePlan, records: Map[str, Json]) -> Resource:
        """The calls by name, each with its body, one without a body with its method and path; of several of one name a list."""
        known = lookup_in(plan.bindings, records, self._scene.bindings)
        told: dict[str, list[Json]] = {}
        for each in plan.calls:
            path = each.call.path.fill(lambda hole: known(hole) or f"{{{hole}}}")
            said = each.call.body if each.call.body is not None else f"{each.call.method} {path}"
            told.setdefault(each.call.name, []).append(said)
        return {name: several if len(several) > 1 else several[0] for name, several in told.items()}

    def _hole(self, name: str) -> Json:
        return self._scene.bindings.get(name, f"{{{name}}}" if name.startswith("settings.") else None)

    def _search(self, text: str) -> ScimRequest:
        kind = self._mapping.type
        try:
            tree = bind_filter(parse_filter(expand(text, self._mapping.aliases)), kind)
        except ScimError as error:
            raise Failed(error.detail) from None
        return ScimRequest("search", kind, RFC, "{base}", Caller("test"), "test", filter=tree)


def _capabilities(said: Map[str, Json]) -> Capabilities:
    strange = [name for name in said if name not in _ABILITIES]
    if strange:
        raise Failed(f'no ability is called "{strange[0]}"; known are {", ".join(_ABILITIES)}')
    usual = Capabilities()
    for name, value in said.items():
        kind = type(getattr(usual, _ABILITIES[name]))
        if type(value) is not kind:
            raise Failed(f"{name} must be a {kind.__name__}; quote a text that looks like a number")
    return dataclasses.replace(usual, **{_ABILITIES[name]: value for name, value in said.items()})


def _compare(expected: Resource, found: Resource, accepted: Map[str, Json]) -> None:
    lines = list(difference(expected, found))
    if lines:
        raise Failed("; ".join(lines), accepted)


def _refused(error: ScimError, wanted: FailsSpec | None, key: str, others: Map[str, Json]) -> None:
    """Compares with what `key` of the test says; `others` go if it is to say what came."""
    told = {"status": error.status, "scimType": error.scim_type, "messageId": error.message_id}
    if wanted is None:
        new = {name: told[name] for name in ("status", "scimType") if told[name] is not None}
        raise Failed(f"it is refused: {error.status} {error.detail}", {key: new, **others})
    said = wanted.model_dump(by_alias=True, exclude_none=True, exclude={"attribute"})
    named = {} if wanted.attribute is None else {"attribute": wanted.attribute}
    new = {name: value for name, value in told.items() if name in said and value is not None}
    _compare(said, {name: told[name] for name in said}, {key: {**new, **named}})
    if wanted.attribute is not None and wanted.attribute not in error.detail:
        raise Failed(f'the text does not name {wanted.attribute}: "{error.detail}"')
