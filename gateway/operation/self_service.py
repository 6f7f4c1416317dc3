"""Acting as the caller: what a request with X-Token, or to an address such as /Me, may touch (mapping-format, section 3.7).

The sender believes to act with its own rights, so it does, or is refused: X-Token is never dropped. The attribute that the mapping
names must equal the caller; it is put into creates and searches, and anything else is 403. A token of the gateway's names a program, whose
own nothing is, so at such an address it is 403, too: the gateway's account never answers there.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from gateway.errors import Denied, Unavailable, Unsupported
from gateway.mapping.identity import parse_id
from gateway.mapping.model import Mapping, SelfService
from gateway.nevisidm.call import Call
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import parse_template
from gateway.scim.intake import require
from gateway.scim.request import ScimRequest
from gateway.scim.tree import And, Attr, Compare

NOBODY = (
    "This address is for people: send your own nevisIDM login as Authorization, and where nevisIDM asks for it X-Token. "
    "The gateway's tokens name programs; those find every resource at its own address."
)
ME = Call("me", "GET", parse_template("/principal/v1/me"))


async def as_self(request: ScimRequest, mapping: Mapping, run: Run) -> ScimRequest:
    """The request, narrowed to the caller's own. Raises Unsupported GW303, Denied GW302 and GW305."""
    if not request.caller.is_self:
        raise Denied("GW305", NOBODY)
    rules = mapping.self_service
    verb = "list" if request.operation == "search" else request.operation
    if rules is None or verb not in rules.allow:
        raise Unsupported("GW303", f"{mapping.name} does not let {verb} run as the caller. Leave X-Token out.")
    me = (await run.call(ME, lambda _: None)).json
    caller = me.get("userExtId") if isinstance(me, dict) else None
    if not isinstance(caller, str):
        raise Unavailable("GW501", "nevisIDM did not say who the caller is")
    if request.operation == "search":
        return _searching(request, rules, caller)
    if request.operation == "create":
        return _creating(request, rules, caller)
    if request.id is None:
        return dataclasses.replace(request, id=caller)
    if _owner(request, mapping, rules) != caller:
        raise Denied("GW302", "This resource is not the caller's own.")
    return request


def _searching(request: ScimRequest, rules: SelfService, caller: str) -> ScimRequest:
    own = Compare(rules.attr, "eq", caller)
    given = request.filter.terms if isinstance(request.filter, And) else (request.filter,) if request.filter else ()
    return dataclasses.replace(request, filter=And((own, *given)) if given else own)


def _creating(request: ScimRequest, rules: SelfService, caller: str) -> ScimRequest:
    body = dict(request.body)
    if _shown(body, rules.attr) not in (None, caller):
        raise Denied("GW302", f"{rules.attr} must be the caller.")
    if rules.attr.sub:
        body[rules.attr.name] = {**body.get(rules.attr.name, {}), rules.attr.sub: caller}
    else:
        body[rules.attr.name] = caller
    require(body, request.type)
    return dataclasses.replace(request, body=body)


def _shown(body: dict[str, Any], attr: Attr) -> Any:
    value = body.get(attr.name)
    return value.get(attr.sub) if attr.sub and isinstance(value, dict) else value


def _owner(request: ScimRequest, mapping: Mapping, rules: SelfService) -> str | None:
    """Whose resource the id names, as far as the id itself says; lint sees to it that it does."""
    known = parse_id(mapping, request.id or "")
    if known is None:
        return None
    if rules.attr == Attr("id"):
        return request.id
    field = mapping.leaves[rules.attr].first
    return known.get(str(field)) if field else None
