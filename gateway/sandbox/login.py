"""The auth API: a technical caller has somebody's password, OTP card response or recovery code checked.

Each wrong one counts once and locks as the policy says (`attempt.py`). Which fields choose among several context passwords or cards is not
public, nor is the form of a challenge; what is assumed here stands in the catalogue as inferred.
"""

import secrets
from collections.abc import Callable
from functools import partial
from hmac import compare_digest

from . import problem
from .attempt import attempt, check_usable, check_user, only_one, status
from .box import Sandbox
from .credential_types import CONTEXT_PASSWORD, DEVICE_PASSWORD, OTP, PASSWORD, RECOVERY_CODES, Type
from .document import Document, Shape, given, text
from .endpoint import AUTH, Answer, Call, Endpoint
from .entity import mandatory
from .locking import OK
from .lookup import user_of
from .otp_card import CELLS, answer_of
from .secret import verify_secret
from .store import Row
from .table import CREDENTIALS

Choose = Callable[[Call, Row, Document], Row]
_LOGIN = Shape("LoginDTO", {name: text() for name in ("password", "credentialExtId", "context")}, frozenset())
_OTP = Shape("OtpLoginDTO", {"credentialExtId": text(), "response": text()}, frozenset())
_CODE = Shape("RecoveryCodeLoginDTO", {"code": text()}, frozenset())


def login(choose: Choose, call: Call) -> Answer:
    """One attempt with a password of some type."""
    user = user_of(call)
    values = given(_LOGIN, call.document(), call.box.switches)
    secret = mandatory(values, "password")
    check_user(call, user)
    credential = choose(call, user, values)
    return status(attempt(call, user, credential, lambda row: verify_secret(secret, row.doc["_hash"])))


def _the_password(call: Call, user: Row, _: Document) -> Row:
    return only_one(call, user, PASSWORD)


def _the_device(call: Call, user: Row, values: Document) -> Row:
    return _named(call, user, DEVICE_PASSWORD, mandatory(values, "credentialExtId"))


def _the_context(call: Call, user: Row, values: Document) -> Row:
    """By extId, or by its context, which is unique per user."""
    if "credentialExtId" in values:
        return _named(call, user, CONTEXT_PASSWORD, values["credentialExtId"])
    context = mandatory(values, "context")
    return only_one(call, user, CONTEXT_PASSWORD, fits=lambda row: row.doc["context"] == context)


def _the_card(call: Call, user: Row, values: Document) -> Row:
    ext_id = values.get("credentialExtId")
    return _named(call, user, OTP, ext_id) if ext_id else only_one(call, user, OTP)


def _named(call: Call, user: Row, kind: Type, ext_id: str) -> Row:
    return only_one(call, user, kind, fits=lambda row: row.ext_id == ext_id)


def challenge(call: Call) -> Answer:
    """A cell of the user's card, remembered until it is answered."""
    user = user_of(call)
    values = given(_OTP, {} if call.body is None else call.document(), call.box.switches)
    check_user(call, user)
    card = _the_card(call, user, values)
    check_usable(call, card)
    cell = secrets.choice(CELLS)
    call.box.store.update(CREDENTIALS, card, {**card.doc, "_cell": cell}, quiet=True)
    return Answer(200, {"credentialExtId": card.ext_id, "challenge": cell})


def login_with_card(call: Call) -> Answer:
    """The answer to the challenge before; without one there is nothing to answer."""
    user = user_of(call)
    values = given(_OTP, call.document(), call.box.switches)
    response = mandatory(values, "response")
    check_user(call, user)
    card = _the_card(call, user, values)
    if "_cell" not in card.doc:
        raise problem.invalid_parameter("There is no challenge to be answered.")
    if len(response) != len(answer_of(card.ext_id, card.doc["_cell"])):
        raise problem.rule("dimensionNotMatch", "The response does not have the dimension of the card.")
    return status(attempt(call, user, card, lambda row: _same(response, answer_of(row.ext_id, row.doc["_cell"]))))


def login_with_code(call: Call) -> Answer:
    """204 for a recovery code, which is used up; a wrong one counts as a failure."""
    user = user_of(call)
    code = mandatory(given(_CODE, call.document(), call.box.switches), "code")
    check_user(call, user)
    row = only_one(call, user, RECOVERY_CODES)
    left = [kept for kept in row.doc["_codes"] if not _is_code(code, kept)]
    if attempt(call, user, row, lambda one: len(left) < len(one.doc["_codes"])) != OK:
        wrong = call.box.switches.recovery_code_status
        raise problem.Problem(wrong, "errors.userLoginFailed", "The recovery code is not correct.", commit=True)
    after = call.box.store.find(CREDENTIALS, row.client, row.ext_id)
    assert after is not None
    call.box.store.update(CREDENTIALS, after, {**after.doc, "_codes": left}, quiet=True)
    return Answer(204)


def _is_code(code: str, kept: str) -> bool:
    return verify_secret(code, kept) if kept.startswith("scrypt$") else _same(code, kept)


def _same(given_one: str, kept: str) -> bool:
    return compare_digest(given_one.encode("utf-8", "surrogatepass"), kept.encode())


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """All logins of the auth API, each with and without the slash at its end, of which one is served."""
    user = f"{AUTH}/{{clientExtId}}/users/{{userExtId}}"
    changing = ("CredentialView", "CredentialModify", "CredentialChangeState")
    return (
        *_both("auth.passwordLogin", f"{user}/password/login", partial(login, _the_password), "2.88"),
        *_both("auth.devicePasswordLogin", f"{user}/device-password/login", partial(login, _the_device), "2.88"),
        *_both("auth.contextPasswordLogin", f"{user}/context-password/login", partial(login, _the_context), "2.88"),
        *_both("auth.otpChallenge", f"{user}/otp/challenge", challenge, "2.88"),
        *_both("auth.otpLogin", f"{user}/otp/login", login_with_card, "2.88"),
        *_both("auth.recoveryCodeLogin", f"{user}/recovery-codes/login", login_with_code, "2.78", changing),
    )


def _both(
    name: str, path: str, handler: Callable[[Call], Answer], since: str, rights: tuple[str, ...] = ("CredentialView",)
) -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            name, "POST", path, handler, rights, since=since, served=lambda box: not box.switches.auth_trailing_slash
        ),
        Endpoint(
            name, "POST", f"{path}/", handler, rights, since=since, served=lambda box: box.switches.auth_trailing_slash
        ),
    )
