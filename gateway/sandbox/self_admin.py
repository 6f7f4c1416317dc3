"""Self-admin: a user acting on itself proves it anew with an X-Token (README section 3).

The token is the HS256 JWT of `principal/v1/token`: `sub` is the user's extId, `exp` ends it. It is asked for by credential writes and by
changes to protected fields of the user; whoever acts with functional rights never needs one.
"""

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from . import problem
from .box import Sandbox
from .endpoint import Call

LIFETIME_SECONDS = 300
_PROTECTED = (("contacts", "email"), ("contacts", "mobile"), ("userState",), ("loginId",))


def issue_token(box: Sandbox, user: str) -> str:
    """An X-Token for a user."""
    now = box.now() // 1000
    claims = {"sub": user, "iat": now, "exp": now + LIFETIME_SECONDS}
    return jwt.encode({"alg": "HS256"}, claims, _key(box))


def check_token(call: Call) -> None:
    """In self-admin mode only: errors.invalidJWTToken unless the X-Token is valid, the caller's own and not expired."""
    if call.own and not _valid(call):
        raise problem.invalid_token(call.box.switches.x_token_status)


def check_protected(call: Call, before: dict[str, Any], after: dict[str, Any]) -> None:
    """In self-admin mode only: a protected field may only change with a valid X-Token."""
    if not call.own or _valid(call):
        return
    if any(_at(before, path) != _at(after, path) for path in _PROTECTED):
        text = "A protected field must not be modified without a valid JWT token."
        raise problem.rule("modifyProtectedFieldInvalidJWTToken", text, 401)


def _valid(call: Call) -> bool:
    try:
        claims = jwt.decode(call.headers.get("x-token", ""), _key(call.box), algorithms=["HS256"]).claims
    except (JoseError, ValueError):
        return False
    expires = claims.get("exp")
    return claims.get("sub") == call.account.user and isinstance(expires, int) and expires > call.box.now() // 1000


def _key(box: Sandbox) -> OctKey:
    return OctKey.import_key(box.token_key)


def _at(doc: dict[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = doc
    for name in path:
        found = (found or {}).get(name)
    return found
