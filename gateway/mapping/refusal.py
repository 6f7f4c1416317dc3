"""What the client is told when nevisIDM refuses: our own words with SCIM names, by the mapping's error rows (mapping-format, section 11.3).

nevisIDM's messages, codes and the call's name go to the log only. Narrow exceptions: `tell: property` reads a property's name out of
the message and says what attribute it is, `tell: definition` names both, `tell: rules` passes on the names of the policy's rules.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Literal

from gateway.errors import CODES, BadRequest, Denied, Refused, ScimError, Unavailable, Unsupported
from gateway.mapping.circumstance import Circumstance, own_row, shared_row
from gateway.mapping.meant import at_field, at_hole, at_property, named_property
from gateway.mapping.model import ErrorRow, Mapping, Mappings
from gateway.nevisidm.call import Refusal

HoleFrom = Literal["id", "filter", "body"]

_LOGIN = frozenset(("errors.userLoginFailed", "errors.invalidJWTToken"))
_CLASSES: tuple[type[ScimError], ...] = (BadRequest, Unsupported, Denied, Refused, Unavailable)
_BY_STATUS = {
    **{401: "GW301", 403: "GW403", 404: "GW404", 412: "GW117", 429: "GW503"},
    **{500: "GW507", 501: "GW204", 502: "GW501", 503: "GW503", 504: "GW504"},
}
_TEXTS: Map[tuple[int, str | None], str] = {
    (400, "invalidValue"): "nevisIDM refused {what}. Correct it and send the request again.",
    (400, "mutability"): "nevisIDM does not let {what} be changed. Leave it as it is.",
    (400, "invalidFilter"): "nevisIDM cannot search like this. Filter on other attributes, or give the value in full.",
    (400, "tooMany"): "nevisIDM allows fewer than this. Ask for less, or remove what is no longer needed.",
    (400, "invalidPath"): "nevisIDM has no place for {what} here. Leave it out.",
    (400, "invalidSyntax"): "nevisIDM could not read what the request became. Report it with the request id.",
    (
        401,
        None,
    ): "nevisIDM does not accept your login, or asks for an X-Token with it. Get new ones and repeat the request.",
    (403, None): "nevisIDM does not allow this. An operator finds the missing right in the log, by the request id.",
    (404, None): "nevisIDM knows no such record. Search for it; ids never change.",
    (409, "uniqueness"): "{What} is taken already. Choose another one.",
    (409, None): "The resource is in a state, or has just been brought into one, that forbids this. Read it again.",
    (412, None): "The resource has changed since it was read. Read it again and repeat the change.",
    (429, None): "nevisIDM gets too many requests. Try again later.",
    (500, None): "nevisIDM reported a fault of its own. An operator finds it in the log, by the request id.",
    (501, None): "This nevisIDM does not offer this operation, or has it switched off.",
    (503, None): "nevisIDM cannot be reached or is overloaded. Try again later.",
    (504, None): "nevisIDM did not answer in time. Try again later.",
}
_REFERENCE = "error.common.validation.invalidReferenceResource"
_REFERS = "{What} refers to something that nevisIDM does not have. Correct the reference."
_BROKEN = "nevisIDM's answer could not be understood. An operator finds the call in the log, by the request id."
_OWN_LOGIN = "nevisIDM refused the gateway's own login. An operator must check its credentials."
_LOST = "The reply was lost, so the check may have been counted. Look before you try again."
_MISSING = "{What} is missing, and nevisIDM wants one. Send it."
_PERHAPS = " It is not known whether the change took effect: read the resource before you repeat it."
_UNDEFINED = (
    'nevisIDM has no property "{name}" to keep {what} in, or it does not take this value. '
    "`scim-nevisidm check --online` tells an operator what to define."
)


def tell(
    refusal: Refusal,
    mapping: Mapping,
    mappings: Mappings,
    *,
    if_match: bool,
    as_self: bool,
    hole_from: HoleFrom | None,
) -> ScimError | str:
    """The error to raise, or the name of an action's outcome.

    `hole_from`: where the request got the values of the path's holes. A 404 for one from the body is a bad reference, GW405, naming that
    attribute; so is one for a link that an update writes into a path (`…/unit/{unit.unitExtId}`), since it is no part of the id. One from
    a filter means "no hits", which the caller decides before asking.
    """
    circumstance = Circumstance(if_match, as_self)
    row, code = own_row(refusal, mapping, circumstance)
    if row is None and (what := _referring(refusal, mapping, hole_from)) is not None:
        return Refused("GW405", _spoken(_REFERS, what), log=_log(refusal, None))
    if row is None and refusal.unknown_outcome and mapping.action is not None:
        return Unavailable("GW506", _LOST, log=_log(refusal, None))
    if row is None:
        row, code = shared_row(refusal, mappings, circumstance)
    if row is None:
        return Unavailable("GW501", _BROKEN, log={**_log(refusal, None), "alarm": "true"})
    return row.outcome if row.outcome is not None else _error(refusal, mapping, row, code)


def _referring(refusal: Refusal, mapping: Mapping, hole_from: HoleFrom | None) -> str | None:
    """The attribute whose value the path of a 404 was made of; None for another refusal, or a path of the gateway's own making."""
    if refusal.status != 404 or not refusal.json or hole_from not in ("body", "id"):
        return None
    if hole_from == "id" and not refusal.call.endswith(".update"):
        return None
    known = mapping.id.holes if hole_from == "id" and mapping.id is not None else ()
    names = (at_hole(mapping, hole) for hole in refusal.holes if hole not in known)
    return next((name for name in names if name is not None), None)


def _error(refusal: Refusal, mapping: Mapping, row: ErrorRow, code: str | None) -> ScimError:
    status = row.status or refusal.status or 502
    scim_type = row.scim_type or ("invalidValue" if status == 400 else None)
    ours = _code(status, scim_type, row, refusal)
    what = at_field(mapping, refusal, row.field) if row.field else _attribute(mapping, row.attribute)
    property_name = named_property(refusal, code) if row.tell in ("property", "definition") else None
    if property_name is not None:
        what = at_property(mapping, refusal, property_name) or what
    detail = _spoken(_MISSING, what) if row.tell == "missing" else _detail(status, scim_type, ours, what)
    if row.tell == "definition" and property_name is not None and what is not None:
        detail = _UNDEFINED.replace("{name}", property_name).replace("{what}", what)
    return _class_of(ours)(
        ours,
        detail + _rules(row, refusal) + _perhaps(refusal),
        status=status,
        scim_type=scim_type,
        message_id=row.message_id or _message_id(status, scim_type, ours),
        retry_after=refusal.retry_after if row.retry_after == "reply" else row.retry_after,
        log=_log(refusal, row),
    )


def _code(status: int, scim_type: str | None, row: ErrorRow, refusal: Refusal) -> str:
    if status == 400:
        return "GW405" if row.message_id == _REFERENCE else "GW401"
    if status == 409:
        return "GW402" if scim_type == "uniqueness" else "GW406"
    if status == 502 and (refusal.status == 401 or _LOGIN & set(refusal.codes)):
        return "GW502"
    return _BY_STATUS.get(status, "GW401" if status < 500 else "GW501")


def _detail(status: int, scim_type: str | None, ours: str, what: str | None) -> str:
    if ours == "GW405":
        return _spoken(_REFERS, what)
    if ours == "GW502":
        return _OWN_LOGIN
    fallback = _BROKEN if status >= 500 else "nevisIDM refused {what}. Correct the request and send it again."
    return _spoken(_TEXTS.get((status, scim_type)) or _TEXTS.get((status, None), fallback), what)


def _spoken(text: str, what: str | None) -> str:
    """With the attribute's name, or without one."""
    phrase = f"the value of {what}" if what else "a value"
    return text.replace("{what}", phrase).replace("{What}", phrase[0].upper() + phrase[1:])


def _rules(row: ErrorRow, refusal: Refusal) -> str:
    """The rules that were broken, by the names that the policy gives them."""
    if row.tell != "rules" or not refusal.rules:
        return ""
    names = ("".join(letter for letter in rule if letter.isprintable())[:80] for rule in refusal.rules[:20])
    return f" Rules: {', '.join(dict.fromkeys(names))}."


def _perhaps(refusal: Refusal) -> str:
    return _PERHAPS if refusal.unknown_outcome else ""


def _message_id(status: int, scim_type: str | None, ours: str) -> str | None:
    """IDCS's own for that status and scimType."""
    if (CODES[ours].status, CODES[ours].scim_type) == (status, scim_type):
        return CODES[ours].message_id
    same = (row for row in CODES.values() if (row.status, row.scim_type) == (status, scim_type))
    return next((row.message_id for row in same if row.message_id is not None), CODES[ours].message_id)


def _class_of(code: str) -> type[ScimError]:
    return next(kind for kind in _CLASSES if code.startswith(kind.group))


def _attribute(mapping: Mapping, name: str | None) -> str | None:
    """An attribute of a row as a client writes it: an alias is this mapping's own word for a URN."""
    alias, colon, rest = (name or "").partition(":")
    return f"{mapping.aliases[alias]}:{rest}" if colon and alias in mapping.aliases else name


def _log(refusal: Refusal, row: ErrorRow | None) -> dict[str, str]:
    """For the operator: the call, what nevisIDM answered, and the row that decided."""
    log = {"call": refusal.call, "nevisidm": str(refusal.status or refusal.kind)}
    if refusal.codes:
        log["codes"] = " ".join(refusal.codes)
    if row is not None:
        log["row"] = str(row.place)
        if row.alarm:
            log["alarm"] = "true"
    return log
