"""One attempt to log in: which credential it means, whether it may be tried at all, and what its outcome does to credential and user.

An attempt that was processed is answered 200, whatever came of it: `statusCode` tells. What cannot be attempted is 4xx: no such credential,
not active, locked for good, not valid (gap 44). During a temporary lock nothing is compared and nothing counted.
"""

from collections.abc import Callable, Mapping

from . import problem
from .credential_types import TYPES, Type
from .credentials import all_of
from .endpoint import Answer, Call
from .locking import DESCRIPTIONS, OK, PAUSED, expired, failed, lifted, succeeded, within
from .policy import parameters
from .store import Row
from .table import CREDENTIALS, USERS

_USABLE = ("active", "tmp-locked")
_UNFINISHED = ("initial", "reset-code", "admin-changed")


def attempt(call: Call, user: Row, credential: Row, right: Callable[[Row], bool]) -> int:
    """The LoginStatusCode of one attempt, which counts unless the credential is locked for now."""
    check_usable(call, credential)
    if lifted(credential.doc, call.box.now())["stateName"] == "tmp-locked":
        return PAUSED
    code, _ = record(call, user, credential, success=right(credential))
    return code


def record(call: Call, user: Row, credential: Row, *, success: bool) -> tuple[int, Row]:
    """Counts an outcome; a change of state raises the credential's version, mere counting does not."""
    now = call.box.now()
    doc = lifted(credential.doc, now)
    code, after = (OK, succeeded(doc, now)) if success else failed(doc, _rules(call, credential), now)
    quiet = after["stateName"] == credential.doc["stateName"]
    record_user(call, user, success=success)
    return code, call.box.store.update(CREDENTIALS, credential, dict(after), quiet=quiet)


def record_user(call: Call, user: Row, *, success: bool) -> None:
    """The dates the query service calls loginInfo."""
    field = "_lastLogin" if success else "_lastFailure"
    call.box.store.update(USERS, user, {**user.doc, field: call.box.now()}, quiet=True)


def only_one(call: Call, user: Row, kind: Type, *, fits: Callable[[Row], bool] = lambda _: True) -> Row:
    """The user's credential of a type that fits, the first one if several do; else the status of the switch."""
    found = [row for row in all_of(call, user, kind) if fits(row)]
    if not found:
        missing = problem.no_credential(user.ext_id, kind.noun)
        raise problem.Problem(call.box.switches.login_missing_status, missing.code, missing.message)
    return found[0]


def named(call: Call, user: Row, ext_id: str) -> Row:
    """A credential of any type, which must be the user's."""
    row = call.box.store.find(CREDENTIALS, user.client, ext_id)
    if row is None or row.parent != user.ext_id:
        raise problem.no_entity("Credential", ext_id)
    return row


def check_user(call: Call, user: Row) -> None:
    """error.login.userState, if the switch says that logins look at the user."""
    if call.box.switches.login_checks_user and (
        user.doc["userState"] != "active" or not within(user.doc, call.box.now())
    ):
        raise problem.Problem(422, "error.login.userState", "The user is not active.")


def check_usable(call: Call, credential: Row) -> None:
    """errors.credentialNotActive for a state or a validity that allows no attempt."""
    unfinished = _UNFINISHED if call.box.switches.initial_password_login else ()
    now, doc = call.box.now(), credential.doc
    if doc["stateName"] not in (*_USABLE, *unfinished) or expired(
        doc, _rules(call, credential), credential.created, now
    ):
        raise problem.rule(
            "credentialNotActive", "The credential is not active.", call.box.switches.login_inactive_status
        )


def status(code: int) -> Answer:
    """The LoginStatusDTO."""
    return Answer(200, {"statusCode": code, "description": DESCRIPTIONS[code]})


def _rules(call: Call, credential: Row) -> Mapping[str, str]:
    policy = TYPES[credential.doc["_type"]].policy or ""
    return parameters(call.box.store, credential.client, policy, credential.doc.get("policyExtId"))
