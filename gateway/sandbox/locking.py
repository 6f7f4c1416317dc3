"""How failed and successful logins change a credential: counters, dates, the temporary lock and the final one. Pure.

The rules are a policy's parameters (README section 2 of the reference: threshold 2, 60 seconds, strict, final after 3; -1 switches a limit
off). A temporary lock keeps its end in `_lockedUntil` and the state before it in `_stateBefore`; both are the sandbox's own fields.
"""

from collections.abc import Mapping
from typing import Any, Final

from .clock import parse_moment, stamp
from .policy import number

Document = Mapping[str, Any]

FAILED, WARNED, LOCKED, OK, PAUSED = 2, 3, 4, 5, 9  # LoginStatusCode of the auth API
DESCRIPTIONS: Final[Mapping[int, str]] = {
    FAILED: "Login Failed",
    WARNED: "Login Failed, the next failure locks the credential",
    LOCKED: "Login Failed, the credential is locked now",
    OK: "Login Ok",
    PAUSED: "Login Failed, the credential is locked temporarily",
}


def lifted(doc: Document, now: int) -> Document:
    """The credential without a temporary lock that is over, in the state it had before."""
    if doc["stateName"] != "tmp-locked" or doc.get("_lockedUntil", now) > now:
        return doc
    rest = {name: value for name, value in doc.items() if name not in ("_lockedUntil", "_stateBefore")}
    return {**rest, "stateName": doc.get("_stateBefore", "active")}


def succeeded(doc: Document, now: int) -> Document:
    """After a success: the failures are forgotten."""
    count = doc.get("successfulLoginCount", 0) + 1
    return {**doc, "successfulLoginCount": count, "failedLoginCount": 0, "lastSuccessfulLoginDate": stamp(now)}


def failed(doc: Document, rules: Mapping[str, str], now: int) -> tuple[int, Document]:
    """After a failure: the status code and the credential, which may be locked now."""
    count = doc.get("failedLoginCount", 0) + 1
    after = {**doc, "failedLoginCount": count, "lastFailedLoginDate": stamp(now)}
    most = number(rules, "maxCredFailureCount")
    if 0 <= most <= count:
        return LOCKED, {**after, "stateName": "fail-locked"}
    if _pauses(count, rules):
        until = now + max(0, number(rules, "tmpLockingDuration"))
        return PAUSED, {**after, "stateName": "tmp-locked", "_lockedUntil": until, "_stateBefore": doc["stateName"]}
    return (WARNED if count + 1 == most else FAILED), after


def expired(doc: Document, rules: Mapping[str, str], created: int, now: int) -> bool:
    """Whether the credential is outside its validity, or older than its policy lets it become."""
    lifetime = number(rules, "credentialLifetime")
    changed = doc.get("lastChangeDate")
    since = parse_moment(changed) if changed else created
    return not within(doc, now) or 0 <= lifetime < now - since


def within(doc: Document, now: int) -> bool:
    """Whether now lies inside `validity`; a missing bound is none."""
    validity = doc.get("validity") or {}
    begin, end = validity.get("from"), validity.get("to")
    return (not begin or parse_moment(begin) <= now) and (not end or now < parse_moment(end))


def _pauses(count: int, rules: Mapping[str, str]) -> bool:
    """Strict: every failure from the threshold on. Otherwise every time the threshold is reached anew."""
    threshold = number(rules, "tmpLockingThreshold")
    if threshold <= 0:
        return False
    return count >= threshold if rules.get("tmpLockingMode", "strict") == "strict" else count % threshold == 0
