"""What a search does with a filter of one comparison, asked of the planner: what a type's page says in its column *search*."""

from __future__ import annotations

from dataclasses import replace

from gateway.errors import ScimError
from gateway.mapping.model import Mapping
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.search import plan_search
from gateway.plan.way import SearchPlan
from gateway.scim.binding import bind_filter
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_filter
from gateway.scim.request import Caller, ScimRequest, Wanted
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr

WITH_INDEX = Capabilities(query_leading_wildcards=True)
WITHOUT = replace(WITH_INDEX, query_enabled=False)
OPERATORS = {
    "string": ("eq", "sw", "co"),
    "reference": ("eq", "sw", "co"),
    "dateTime": ("eq", "gt"),
    "boolean": ("eq",),
}


def pushed(mapping: Mapping, attr: Attr, schema: Attribute) -> str:
    """What becomes of a filter on this attribute, operator by operator; the words are those of `docs/resources.md`."""
    found: dict[str, list[str]] = {}
    if schema.type == "complex":
        return ""
    for op in OPERATORS.get(schema.type, ("eq", "gt")):
        found.setdefault(_fate(mapping, comparison(mapping, attr, op, schema)), []).append(f"`{op}`")
    if set(found) == {"no"} or mapping.search is None:
        return "no"
    return "; ".join(f"{' '.join(ops)} {fate}" for fate, ops in found.items() if fate != "no")


def comparison(mapping: Mapping, attr: Attr, op: str, schema: Attribute) -> str:
    """A filter that compares this attribute with a value of its kind."""
    name = str(replace(attr, sub="costCentre") if attr.sub == "*" else attr)
    values = {"boolean": "true", "integer": "1", "decimal": "1", "dateTime": '"2026-01-01T00:00:00Z"'}
    text = schema.canonical[0] if schema.canonical else "ab"
    if attr == Attr("id") and mapping.id is not None:
        text = mapping.id.fill(lambda _: "ab") or ""
    return f"{name} {op} " + values.get(schema.type, f'"{text}"')


def _fate(mapping: Mapping, text: str) -> str:
    try:
        with_index, without = (_verdict(search_for(mapping, text, each)) for each in (WITH_INDEX, WITHOUT))
    except ScimError:
        return "no"
    return with_index if with_index == without else f"{with_index}, {without}"


def search_for(mapping: Mapping, text: str | None, capabilities: Capabilities) -> SearchPlan:
    """The plan of a search with this filter. Raises ScimError for one that the type cannot have."""
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
    asked = any(each.source is not None for listing in plan.way.listings for each in listing.pushed)
    if not asked and plan.left is not None:
        return "*here*"
    return plan.way.route.name + ("" if plan.left is None else "~")


def closed(mapping: Mapping) -> dict[str, str]:
    """The routes that are not always open, and when they are."""
    plan = search_for(mapping, None, WITH_INDEX)
    reasons = {each.route.name: each.reason for each in plan.rejected if each.reason.startswith("closed")}
    return {name: reason.removeprefix("closed: ") for name, reason in reasons.items()}
