"""Who may come in, made anew while requests are answered: tokens, password hashes, keys, roles of callers, issuers of tokens.

All of it changes in one step between two requests, or not at all. What asks issuers of tokens is kept while nothing about them changes
(the keys it has fetched are worth keeping), and closed a while after it was replaced, when the last request that uses it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.edge.admission import Asked, asked_for, gate_of
from gateway.edge.gate import Gate
from gateway.edge.rates import CallerRates
from gateway.edge.sharing import own_rates
from gateway.events import Events
from gateway.nevisidm.engine import Engine
from gateway.settings import Settings
from gateway.shared.state import Shared

if TYPE_CHECKING:
    from gateway.edge.issuing.assembled import TokenEndpoint
    from gateway.edge.issuing.client import OAuthClient

LINGER = 120.0
"""Seconds after which nothing asks by former connections any more."""


class Entrance:
    """The gate of an application. `outside` makes what asks issuers, `token` is the one that the demo made up.

    Raises ConfigError when nobody could come in.
    """

    def __init__(
        self,
        settings: Settings,
        token: str | None,
        events: Events,
        outside: Callable[[], Engine],
        endpoint: TokenEndpoint | None,
        shared: Shared,
        rates: CallerRates,
    ) -> None:
        self._settings = settings
        self._token = token
        self._events = events
        self._outside = outside
        self._endpoint = endpoint
        self._shared = shared
        self._rates = rates
        self._asked = asked_for(settings, events, outside, shared)
        self.gate = self._made(settings, self._asked)

    def prepared(self, settings: Settings) -> Callable[[], None]:
        """What lets in whom these settings say, once it is called. Raises ConfigError, and nothing has changed then."""
        clients = _clients(settings) if any(each.client_id for each in settings.callers) else {}
        same = (settings.issuers, settings.introspection) == (self._settings.issuers, self._settings.introspection)
        asked = self._asked if same else asked_for(settings, self._events, self._outside, self._shared)
        gate = self._made(settings, asked)
        rates = own_rates(settings)

        def take() -> None:
            self.gate.become(gate)
            self._rates.know(rates)
            if self._endpoint is not None:
                self._endpoint.know(clients)
            if asked is not self._asked:
                self._leave(self._asked)
            self._settings, self._asked = settings, asked

        return take

    def _made(self, settings: Settings, asked: Asked) -> Gate:
        return gate_of(settings, self._token, asked, self._endpoint.guard if self._endpoint else None, self._shared)

    def _leave(self, asked: Asked) -> None:
        async def later() -> None:
            await asyncio.sleep(LINGER)
            for each in asked.closing:
                await each.aclose()

        self._leaving = asyncio.create_task(later())


def _clients(settings: Settings) -> dict[str, OAuthClient]:
    from gateway.edge.issuing.assembled import clients_for  # its library is slow to load

    return clients_for(settings)
