"""Who may come in: the ways to prove who one is, asked in order, and the challenge for those who proved nothing.

No way configured means nobody comes in. A request with X-Token acts with its sender's own rights: its Authorization is a nevisIDM login,
handed through and checked there, never by the gateway's account (mapping-format, section 3.7); which operations may do that, the mapping
says. The same holds at addresses such as /Me without X-Token, for any login that none of the guards knows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from gateway.edge.caller.account import Admission, Asking, Guard, credentials
from gateway.edge.message import Message
from gateway.errors import Denied
from gateway.scim.request import Caller

REALM = "scim"


class Gate:
    """Admits callers. `guards` are asked in order; the first that knows the caller, or finds its proof wrong, decides.

    `asking`: what is to be closed at the end.
    """

    def __init__(self, guards: Sequence[Guard], asking: Sequence[Asking] = ()) -> None:
        self._guards = tuple(guards)
        self._asking = tuple(asking)

    def become(self, other: Gate) -> None:
        """Admit from now on whom the other admits; a request that is being admitted is not disturbed. What it asked is not closed."""
        self._guards, self._asking = other._guards, other._asking

    async def aclose(self) -> None:
        """Close what asks issuers of tokens."""
        for each in self._asking:
            await each.aclose()

    async def admit(self, message: Message, *, own: bool = False) -> tuple[Caller, Admission | None]:
        """The caller of a request, and how it was admitted; `own`: to an address where people find what is theirs.

        Raises Denied GW301 when nothing is proved or a proof is wrong, Unavailable when it cannot be checked now.
        """
        x_token = message.headers.get("x-token")
        login = message.headers.get("authorization", "")
        if x_token is not None:
            if credentials(message, "bearer") is None:
                raise Denied("GW301", "Send your own login with X-Token: Authorization: Bearer <token>.")
            return Caller("self", message.address, login, x_token), None
        for guard in self._guards:
            admission = await guard.admit(message)
            if admission is not None:
                account = admission.account
                return Caller(account.subject, message.address, roles=account.roles, tenant=account.tenant), admission
        if own and credentials(message, "bearer") is not None:
            return Caller("self", message.address, login), None
        raise Denied("GW301", self._cure(offered=bool(login)))

    def challenges(self, message: Message) -> tuple[str, ...]:
        """The values of WWW-Authenticate (RFC 9110 section 11.6.1, RFC 6750 section 3)."""
        schemes = dict.fromkeys(guard.scheme for guard in self._guards if guard.scheme)
        return tuple(_challenge(scheme, message) for scheme in schemes) or (_challenge("Bearer", message),)

    def _cure(self, *, offered: bool) -> str:
        if not offered:
            schemes = dict.fromkeys(guard.scheme for guard in self._guards if guard.scheme)
            ways = " or ".join(f"{scheme} …" for scheme in schemes if scheme != "Bearer")
            return f"Send Authorization: Bearer <token>{f' or {ways}' if ways else ''}."
        return "The credentials are not valid. Ask for new ones."


def check_body(admission: Admission | None, body: bytes) -> None:
    """Raises Denied GW301 where a signature covers another body than the one that came."""
    if admission is None or admission.body_sha256 is None:
        return
    found = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if not hmac.compare_digest(found, admission.body_sha256):
        raise Denied("GW301", "The body is not the one that was signed.")


def _challenge(scheme: str, message: Message) -> str:
    wrong = ', error="invalid_token"' if scheme == "Bearer" and credentials(message, "bearer") else ""
    charset = ', charset="UTF-8"' if scheme == "Basic" else ""
    return f'{scheme} realm="{REALM}"{charset}{wrong}'
