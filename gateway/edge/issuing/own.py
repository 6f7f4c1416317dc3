"""Our own tokens at the gate: verified as those of others are; what their client may do is what it may do now."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from gateway.edge.caller.account import Account
from gateway.edge.caller.jwt import Issuer, Jwt
from gateway.edge.issuing.client import OAuthClient
from gateway.edge.issuing.server import Minting
from gateway.edge.issuing.signing import ALGORITHM, Signing
from gateway.errors import Denied


class OwnTokens(Jwt):
    """Admits the bearers of tokens that this gateway gave. A client that is gone from the settings takes its tokens with it."""

    def __init__(
        self,
        clients: Mapping[str, OAuthClient],
        signing: Signing,
        minting: Minting,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(Issuer(minting.issuer, (minting.audience,), (ALGORITHM,)), signing, clock)
        self._clients = clients

    def account(self, claims: Mapping[str, Any]) -> Account:
        """The client's account, with those of its roles that the token was asked for."""
        client = self._clients.get(str(claims.get("client_id")))
        if client is None:
            raise Denied("GW301", "The token's client is not known any more.")
        asked = claims.get("roles")
        roles = client.account.roles & frozenset(asked if isinstance(asked, list) else ())
        return dataclasses.replace(client.account, roles=roles)
