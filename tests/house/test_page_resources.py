"""docs/resources.md: every shipped resource type as it was compiled, and what a search can push as the planner decides it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from gateway.errors import ScimError
from gateway.mapping.document import read_document
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Leaf, Mapping, Mappings, Route
from gateway.mapping.spelled import flow
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.template import Template
from gateway.plan.search import plan_search
from gateway.plan.way import SearchPlan
from gateway.scim.binding import bind_filter
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_filter
from gateway.scim.request import Caller, ScimRequest, Wanted
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr
from tests.house.page import Page, code, table

WITH_INDEX = Capabilities(query_leading_wildcards=True)
WITHOUT = replace(WITH_INDEX, query_enabled=False)
VERBS = {
    "get": "GET",
    "search": "list and .search",
    "create": "POST",
    "replace": "PUT",
    "modify": "PATCH",
    "delete": "DELETE",
}
OPERATORS = {
    "string": ("eq", "sw", "co"),
    "reference": ("eq", "sw", "co"),
    "dateTime": ("eq", "gt"),
    "boolean": ("eq",),
}
INTRO = """\
# Resource types

Made from the shipped mappings, as they were compiled and as the planner answers for them. `GET /Schemas` says the same of your own
mappings, and `scim-nevisidm explain` of any filter. A name with a prefix, such as `nevis:unit`, belongs to the extension whose URN stands
above the table.

An attribute without a mark is *readWrite*, is returned by default, may be absent, and ignores case.

**Search**: what happens to a filter of one comparison.

| word | means |
| --- | --- |
| a route's name | nevisIDM is asked, and nothing is left to check |
| a name with `~` | nevisIDM is asked for somewhat more; the rest is checked on the hits |
| *here* | rows are read and checked in the gateway, up to the mapping's `scan` |
| *id* | the resource is read directly |
| *known* | the answer needs no call |
| *no* | a filter on it is 400 `invalidFilter` |

Behind a comma stands what happens without the query service, and first of all with it, too, as long as that is at most `scan` rows to
read. `ne`, `ew` and `pr` are always checked here, and so is `co` where the query service refuses leading wildcards. Every hit is checked
against the whole filter in any case."""


ABSENT = """\
## What IDCS has besides

These addresses of IDCS are answered 501 in dialect `idcs`, with the reason that stands here (`_absent.yaml`); in dialect `rfc`
there are none."""


def resources() -> str:
    mappings = load(find_mappings())
    return "\n\n".join([INTRO, *map(_type, mappings.by_name.values()), ABSENT, _refused(mappings)]) + "\n"


def _refused(mappings: Mappings) -> str:
    names = read_document((find_mappings() / "_absent.yaml").read_text(), "_absent.yaml").data["absent"]
    return table(["address", "why"], [[f"`/{name}`", mappings.absent[name.lower()]] for name in names])


def _type(mapping: Mapping) -> str:
    head = [f"## {mapping.name}", mapping.description, _facts(mapping)]
    if mapping.action is not None:
        return "\n\n".join([*head, _asked(mapping), _outcomes(mapping)])
    return "\n\n".join([*head, _routes(mapping), _attributes(mapping)])


def _facts(mapping: Mapping) -> str:
    kind = mapping.type
    verbs = [words for verb, words in VERBS.items() if verb in kind.verbs] or ["POST"]
    lines = [f"- Address `{kind.endpoint}`: {', '.join(verbs)}", f"- Schema `{kind.schema}`"]
    lines += [f"- Extension `{alias}`: `{urn}`" for alias, urn in mapping.aliases.items()]
    lines += [f"- The id is `{mapping.id.text}`"] if mapping.id is not None else []
    own = mapping.self_service
    if own is not None:
        at = f", and the address `{own.at}`" if own.at else ""
        lines.append(f"- Self-service: {', '.join(sorted(own.allow))} where `{own.attr}` is the caller{at}")
    lines += [f"- {verb}: {', '.join(map(code, steps))}" for verb, steps in _written(mapping)]
    return "\n".join(lines)


def _written(mapping: Mapping) -> Iterator[tuple[str, list[str]]]:
    for verb, steps in mapping.operations.items():
        made = [f"{step.call.method} {step.call.path.text}" if step.call else step.record or "" for step in steps]
        yield f"{VERBS[verb]} writes", made


# routes and attributes


def _routes(mapping: Mapping) -> str:
    if mapping.search is None:
        return "It cannot be searched."
    plan = _plan(mapping, None, WITH_INDEX)
    reasons = {each.route.name: each.reason for each in plan.rejected if each.reason.startswith("closed")}
    rows = [
        [f"`{route.name}`", _call(route), route.style, reasons.get(route.name, "always").removeprefix("closed: ")]
        for route in mapping.search.routes
    ]
    return table(["route", "call", "style", "open"], rows)


def _call(route: Route) -> str:
    return code(f"{route.call.method} {route.call.path.text}") if route.call else "each resource by its id"


def _attributes(mapping: Mapping) -> str:
    rows = [
        [f"`{_named(mapping, attr)}`", _marks(schema), _source(mapping, attr), _search(mapping, attr, schema)]
        for attr, schema in _all(mapping)
    ]
    return table(["attribute", "is", "from nevisIDM", "search"], rows)


def _all(mapping: Mapping) -> Iterator[tuple[Attr, Attribute]]:
    """Every attribute that holds a value, free maps as `name.*`."""
    kind = mapping.type
    for urn, tops in ((None, kind.core), *kind.extensions.items()):
        for top in tops.values():
            if top.type != "complex":
                yield Attr(top.name, urn=urn), top
                continue
            if top.multi_valued or top.required or top.returned not in ("default", "always"):
                yield Attr(top.name, urn=urn), top
            for sub in top.subs.values():
                yield Attr(top.name, sub.name, urn), sub
            if top.open:
                free = top.sub("*")
                assert free is not None
                yield Attr(top.name, "*", urn), free


def _named(mapping: Mapping, attr: Attr) -> str:
    alias = next((alias for alias, urn in mapping.aliases.items() if urn == attr.urn), None)
    name = str(replace(attr, urn=None))
    return f"{alias}:{name}" if alias else name


def _marks(schema: Attribute) -> str:
    kind = "several values" if schema.type == "complex" and schema.multi_valued else schema.type
    marks = [kind + ("s" if schema.multi_valued and schema.type != "complex" else "")]
    marks += ["**required**"] if schema.required else []
    marks += ["always filled"] if schema.filled else []
    marks += [schema.mutability] if schema.mutability != "readWrite" else []
    marks += [f"returned: {schema.returned}"] if schema.returned != "default" else []
    marks += [f"unique: {schema.uniqueness}"] if schema.uniqueness != "none" else []
    marks += ["minds case"] if schema.case_exact and schema.type == "string" else []
    marks += ["secret"] if schema.secret else []
    if schema.max_length is not None:
        marks.append(f"{schema.min_length or 0} to {schema.max_length} characters")
    return ", ".join(marks) + (f": {', '.join(f'`{each}`' for each in schema.canonical)}" if schema.canonical else "")


def _source(mapping: Mapping, attr: Attr) -> str:
    whole = replace(attr, sub=None)
    if attr in mapping.each:
        return f"one for each of `{mapping.each[attr].source}`"
    if attr in mapping.slots:
        return f"{len(mapping.slots[attr].slots)} fixed places"
    if whole in mapping.slots:
        return "; ".join(_slots(mapping, whole, attr.sub or "value"))
    if whole in mapping.each:
        leaf = mapping.each[whole].leaves.get(attr.sub or "value")
        return _leaf(leaf) if leaf else "the element's own"
    if attr in mapping.leaves:
        return _leaf(mapping.leaves[attr])
    return f"`{mapping.id.text}`" if attr == Attr("id") and mapping.id else "the gateway itself"


def _slots(mapping: Mapping, whole: Attr, name: str) -> Iterator[str]:
    for slot in mapping.slots[whole].slots:
        key = str(slot.constants.get("type", ""))
        if name in slot.leaves:
            yield f"{key}: {_leaf(slot.leaves[name])}"
        elif name in slot.constants:
            yield f"`{flow(slot.constants[name])}`"


def _leaf(leaf: Leaf) -> str:
    lens = f" as {leaf.lens.name}" if leaf.lens.name != "identity" else ""
    if leaf.idm:
        return ", ".join(f"`{field}`" for field in leaf.idm.values()) + lens
    origins = ((way, each.text if isinstance(each, Template) else flow(each)) for way, each in leaf.origin.items())
    return "; ".join(f"{way}: `{text}`" if way else f"`{text}`" for way, text in origins) or "the request"


# what a search does, asked of the planner


def _search(mapping: Mapping, attr: Attr, schema: Attribute) -> str:
    found: dict[str, list[str]] = {}
    if schema.type == "complex":
        return ""
    for op in OPERATORS.get(schema.type, ("eq", "gt")):
        found.setdefault(_fate(mapping, _text(mapping, attr, op, schema)), []).append(f"`{op}`")
    if set(found) == {"no"} or mapping.search is None:
        return "no"
    return "; ".join(f"{' '.join(ops)} {fate}" for fate, ops in found.items() if fate != "no")


def _text(mapping: Mapping, attr: Attr, op: str, schema: Attribute) -> str:
    name = str(replace(attr, sub="costCentre") if attr.sub == "*" else attr)
    values = {"boolean": "true", "integer": "1", "decimal": "1", "dateTime": '"2026-01-01T00:00:00Z"'}
    text = schema.canonical[0] if schema.canonical else "ab"
    if attr == Attr("id") and mapping.id is not None:
        text = mapping.id.fill(lambda _: "ab") or ""
    return f"{name} {op} " + values.get(schema.type, f'"{text}"')


def _fate(mapping: Mapping, text: str) -> str:
    try:
        with_index, without = (_verdict(_plan(mapping, text, each)) for each in (WITH_INDEX, WITHOUT))
    except ScimError:
        return "no"
    return with_index if with_index == without else f"{with_index}, {without}"


def _plan(mapping: Mapping, text: str | None, capabilities: Capabilities) -> SearchPlan:
    tree = None if text is None else bind_filter(parse_filter(text), mapping.type)
    request = ScimRequest(
        "search", mapping.type, RFC, "http://gateway/scim/v2", Caller("docs"), "docs", filter=tree, wanted=Wanted()
    )
    return plan_search(request, mapping, capabilities)


def _verdict(plan: SearchPlan) -> str:
    if plan.kind == "get":
        return "*id*" + ("" if plan.left is None else "~")
    if plan.kind == "none":
        return "*known*"
    if plan.way is None:
        return "*closed*"
    pushed = any(each.source is not None for listing in plan.way.listings for each in listing.pushed)
    if not pushed and plan.left is not None:
        return "*here*"
    return plan.way.route.name + ("" if plan.left is None else "~")


# actions


def _asked(mapping: Mapping) -> str:
    rows = [
        [f"`{_named(mapping, attr)}`", _marks(schema), _source(mapping, attr)]
        for attr, schema in _all(mapping)
        if attr != Attr("schemas")
    ]
    return table(["attribute", "is", "from"], rows)


def _outcomes(mapping: Mapping) -> str:
    action = mapping.action
    assert action is not None
    rows = [
        [f"`{each.name}`", f"`{each.detail}`", "none" if each.bare else ", ".join(f"`{name}`" for name in action.data)]
        for each in action.outcomes.values()
    ]
    heads = ["outcome", "`detail`", "data that goes with it, as far as it is known"]
    return f"Every bad end has status {action.status}.\n\n{table(heads, rows)}"


def test_the_page_is_what_the_mappings_say(page: Callable[[str], Page]) -> None:
    page("resources.md").is_all(resources())
