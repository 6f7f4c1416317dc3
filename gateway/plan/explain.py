"""A search plan as a person reads it, and as a machine does (mapping-format, section 12.3): routes, what is left and where it is
checked, who sorts and pages, the calls before they run, what they cost and what would make them fewer.

`search_facts` says it once, as JSON; `explain_search` sets the same facts as lines. Reads and writes stand in `explain_calls.py`.
"""

from __future__ import annotations

from typing import Any

from gateway.mapping.model import Mapping
from gateway.nevisidm.template import Lookup
from gateway.plan.carried import Carried
from gateway.plan.explain_calls import explain_read, explain_write, read_facts, write_facts
from gateway.plan.fate import filter_facts
from gateway.plan.spoken import (
    attr_name,
    call_text,
    filter_text,
    left_of,
    left_places,
    listing_text,
    nobody,
    push_of,
    route_of,
    short,
)
from gateway.plan.way import SearchPlan, Way
from gateway.scim.tree import Attr

__all__ = ["explain_read", "explain_search", "explain_write", "read_facts", "search_facts", "write_facts"]

Facts = dict[str, Any]
_WIDTH = 8  # of the first column
_ROUTE = 44  # of a route's reason


def search_facts(plan: SearchPlan, mapping: Mapping, tenant: Lookup = nobody) -> Facts:
    """The plan as JSON. `tenant` fills {client} and the like; other holes stay in braces."""
    way = plan.way
    facts: Facts = {
        "kind": plan.kind,
        "filter": filter_text(plan.filter, mapping) if plan.filter is not None else None,
        "tree": filter_facts(plan, mapping),
        "route": route_of(plan),
        "push": push_of(plan),
        "left": left_of(plan, mapping),
        "routes": _routes(plan),
    }
    if plan.left is not None:
        facts["checked"] = "on the hits" if way is None or way.on_hits else "on further records, read for each hit"
        facts["places"] = [short(place) for place in left_places(plan, mapping)]
    if plan.kind == "ways" and way is None:
        facts["cost"] = f"no route is open; add {plan.hint}"
        return facts
    facts["sort"] = _sort(plan, mapping)
    facts["page"] = _page(plan)
    facts["calls"] = _calls(plan, mapping, tenant)
    hint = _hint(plan, mapping, len(facts["calls"]))
    if hint:
        facts["hint"] = hint
    facts["cost"] = _cost(plan)
    return facts


def explain_search(plan: SearchPlan, mapping: Mapping, tenant: Lookup = nobody) -> list[str]:
    """The plan as lines of text."""
    facts = search_facts(plan, mapping, tenant)
    lines = []
    for row in facts["routes"] or [
        {"route": facts["route"], "reason": "nothing can fit; no call is made", "push": "", "chosen": False}
    ]:
        reason = f"chosen: {row['reason']}" if row["chosen"] else row["reason"]
        push = " , ".join(row["push"]) if isinstance(row["push"], list) else row["push"]
        lines.append(f"{row['route']:<8} {reason:<{_ROUTE}} {push}".rstrip())
    text = _column("routes", lines)
    if "checked" in facts:
        left = facts["filter"] if facts["left"] == "all" else facts["left"]
        text += _column("left", [f"{left}    checked {facts['checked']}  {' '.join(facts['places'])}".rstrip()])
    elif plan.filter is not None:
        text += _column("left", ["nothing"])
    for name in ("sort", "page"):
        if facts.get(name):
            text += _column(name, [facts[name]])
    if "calls" in facts:
        text += _column("calls", _call_lines(facts["calls"]))
    for name in ("hint", "cost"):
        if name in facts:
            text += _column(name, [facts[name]])
    return text


def _routes(plan: SearchPlan) -> list[Facts]:
    rows = [(each.route.name, False, each.reason, each.push, str(each.route.place)) for each in plan.rejected]
    if plan.way is not None:
        rows.append((plan.way.route.name, True, plan.chosen, plan.way.push, str(plan.way.route.place)))
    elif plan.kind == "get":
        rows.append(("get", True, plan.chosen, "", ""))
    return [
        {
            "route": name,
            "chosen": chosen,
            "reason": reason,
            "push": list(push) if isinstance(push, tuple) else push,
            "place": place,
        }
        for name, chosen, reason, push, place in rows
    ]


def _sort(plan: SearchPlan, mapping: Mapping) -> str:
    if plan.sort_by is None:
        return ""
    name = attr_name(plan.sort_by, mapping) + (" descending" if plan.descending else "")
    if plan.way is not None and plan.way.paging.pushed:
        unsure = f", but up to {plan.way.scan} rows here: its order may differ" if not plan.way.paging.sure else ""
        return f"{name}    by nevisIDM{unsure}"
    return f"{name}    here: {_reason(plan)}"


def _page(plan: SearchPlan) -> str:
    page = f"startIndex {plan.start_index}, count {plan.count}"
    if plan.way is None:
        return page
    if plan.way.paging.pushed:
        return f"{page}    by nevisIDM, total too"
    return f"{page}    here: {_reason(plan)}; more than {plan.way.scan} rows would be 400 tooMany"


def _reason(plan: SearchPlan) -> str:
    return plan.way.paging.reason if plan.way is not None else "the resources are read one by one"


def _calls(plan: SearchPlan, mapping: Mapping, tenant: Lookup) -> list[Facts]:
    calls: list[Facts] = []
    way = plan.way
    if way is None:
        calls += read_facts(plan.read, mapping, tenant)
        times = f"× {len(plan.known)} ids" if len(plan.known) > 1 else ""
        return [{**call, "times": times} for call in calls]
    if way.over is not None:
        calls.append({"call": f"the ids of every {way.over.resource}", "times": ""})
    times, fixed = f"× every {way.over.resource}" if way.over is not None else "", way.listings[0].fixed
    if way.lead is not None:
        lead = call_text(way.lead.call, lambda hole: fixed.get(hole) or tenant(hole))
        calls.append({"call": lead, "place": way.lead.call.at, "times": times})
        times = f"× every {way.lead.record}"
    calls += [
        {"call": listing_text(way, listing, plan, tenant), "place": listing.call.at, "times": times}
        for listing in way.listings
    ]
    calls += [{**call, "times": "× every hit"} for call in read_facts(way.before, mapping, tenant)]
    rows = f"× the rows of the page, {plan.count} at most"
    calls += [{**call, "times": rows} for call in read_facts(way.after, mapping, tenant)]
    return calls


def _hint(plan: SearchPlan, mapping: Mapping, calls: int) -> str:
    """Which attributes cost nothing beyond the hits, if others cost calls; secrets are not advertised."""
    way = plan.way
    if way is None or not way.after.reads:
        return ""
    lead = way.lead.record if way.lead is not None else None
    carried = Carried(mapping, way.route, lead, frozenset(way.listings[0].fixed))
    tops = {Attr(attr.name, urn=attr.urn): None for attr in (*mapping.leaves, *mapping.slots) if attr.name != "meta"}
    free = [attr_name(attr, mapping) for attr in tops if not carried.missing((attr,)) and not _never(attr, mapping)]
    own = sum(1 for read in way.after.reads if read.calls)
    which = f"call {calls} disappears" if own == 1 else f"calls {calls - own + 1} to {calls} disappear"
    return f"ask for attributes={','.join(free[:6])} and {which}" if free else ""


def _never(attr: Attr, mapping: Mapping) -> bool:
    schema = mapping.type.attribute(attr)
    return schema is None or schema.secret or schema.returned == "never" or schema.mutability == "writeOnly"


def _cost(plan: SearchPlan) -> str:
    way = plan.way
    if way is None:
        if plan.kind == "none":
            return "no call"
        return _times(*(len(plan.known) * sum(1 for read in plan.read.reads if read.calls),) * 2)
    least, most = _finding_calls(way)
    most += min(plan.count, way.scan) * sum(1 for read in way.after.reads if read.calls)
    return _times(least, most) + ("" if way.consistent else "; the index may be seconds old")


def _finding_calls(way: Way) -> tuple[int, int]:
    """Fewest and most calls to find the hits."""
    least = len(way.listings)
    if way.over is not None or way.before.reads or way.lead is not None:
        return least, way.calls
    all_rows = least * max(1, -(-way.scan // way.bulk))
    if way.paging.pushed:
        return least, least if way.paging.sure else least + all_rows
    return least, min(way.calls, all_rows)


def _times(least: int, most: int) -> str:
    if least == most:
        return f"{least} call" if least == 1 else f"{least} calls"
    return f"{least} to {most} calls"


def _call_lines(calls: list[Facts]) -> list[str]:
    lines = []
    for number, call in enumerate(calls, 1):
        lines.append(f"{number}  {call['call']}    {call['times']}".rstrip())
        if call.get("needed"):
            lines.append(f"   needed for: {', '.join(call['needed'])}")
    return lines


def _column(name: str, lines: list[str]) -> list[str]:
    return [f"{name if number == 0 else '':<{_WIDTH}} {line}" for number, line in enumerate(lines)]
