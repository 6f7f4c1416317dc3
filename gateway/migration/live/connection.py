"""Asking a SCIM service provider, for hours if need be: tokens that run out, providers that are busy, networks that break.

Only GET is ever sent, so whatever got lost is asked again. A provider that says 429 or 503 is given the time that it asks for. What a
provider declines (400, 404, …) is for the caller to judge; all else that does not come right in time is a SourceError.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from gateway.migration.source import SourceError
from gateway.nevisidm.engine import Engine, EngineError, Exchange, Timeouts
from gateway.nevisidm.login import Login, LoginRefused

Json = Any
Parameters = Sequence[tuple[str, str]]

BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Answers that another try may turn into a good one."""

LONGEST_WAIT = 300.0
"""Seconds that are waited at most before the next try, whatever Retry-After says."""


class Declined(Exception):
    """The provider will not answer this: its status, and the scimType that it gives. What it says besides may hold personal data."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(f"{status} {kind}".strip())
        self.status = status
        self.kind = kind


@dataclass(slots=True)
class Connection:
    """One provider. `base`: the address of its API, absolute; `patience`: seconds of fruitless tries before one question is given up."""

    base: str
    engine: Engine
    login: Login = field(repr=False)
    timeouts: Timeouts = field(default_factory=lambda: Timeouts(connect=10.0, read=60.0))
    patience: float = 900.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: datetime | None = None
    """The provider's time, as its last answer had it."""

    @property
    def host(self) -> str:
        """For people: where it is, without anything that could be a secret."""
        return urlsplit(self.base).netloc.rpartition("@")[2]

    async def get(self, path: str, parameters: Parameters = ()) -> Json:
        """The JSON of an answer 200. Raises Declined for a 4xx of the provider's own, SourceError for what never came right."""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters)
        url = f"{self.base}{path}{'?' if query else ''}{query}"
        until, tries, renewed = time.monotonic() + self.patience, 0, False
        while True:
            tries += 1
            answer, why = await self._once(url)
            if answer is not None and answer.status == 401 and not renewed:
                renewed = True
                continue
            if answer is not None and answer.status not in BUSY:
                return self._read(answer)
            wait = _wait(answer, tries)
            if time.monotonic() + wait > until:
                raise SourceError(f"{self.host} does not answer: {why}. Try again later; what is done stays done.")
            await self.sleep(wait)

    async def _once(self, url: str) -> tuple[Exchange | None, str]:
        """One try: an answer if one came, and what was wrong."""
        try:
            login = await self.login.headers(self.engine)
            answer = await self.engine.exchange("GET", url, {**login, **_ACCEPT}, None, self.timeouts)
        except LoginRefused as refused:
            if refused.status in BUSY:
                return None, str(refused)
            raise SourceError(f"{self.host}: {refused}. Check migration.client_id and its secret.") from None
        except EngineError as error:
            return None, str(error) or type(error).__name__
        if answer.status == 401:
            self.login.refused(login)
        self.clock = _date(answer) or self.clock
        return answer, f"it answers {answer.status}"

    def _read(self, answer: Exchange) -> Json:
        if answer.status == 401:
            raise SourceError(f"{self.host} does not take the token (401). Check the settings below migration.")
        if answer.status == 403:
            raise SourceError(
                f"{self.host} forbids it (403). Give the client the right to read all that is to be moved."
            )
        if 300 <= answer.status < 400:
            raise SourceError(
                f"{self.host} sends us elsewhere ({answer.status}). Give the address that answers itself."
            )
        try:
            found = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            found = None
        if answer.status != 200:
            raise Declined(answer.status, _kind(found))
        if not isinstance(found, dict):
            raise SourceError(f"{self.host} answers 200 with something that is no SCIM. Check the address.")
        return found


_ACCEPT = {"Accept": "application/scim+json, application/json"}


def _kind(found: Json) -> str:
    said = found.get("scimType") if isinstance(found, dict) else None
    return said if isinstance(said, str) and said.isalnum() else ""


def _wait(answer: Exchange | None, tries: int) -> float:
    """Seconds before the next try: what Retry-After asks for, else longer and longer, never all clients at once."""
    asked = answer.headers.get("retry-after") if answer is not None else None
    if asked is not None and asked.strip().isdigit():
        return min(float(asked), LONGEST_WAIT)
    if asked is not None and (moment := _moment(asked)) is not None:
        return min(max((moment - datetime.now(UTC)) / timedelta(seconds=1), 0.0), LONGEST_WAIT)
    return float(min(0.5 * 2 ** min(tries, 10), 30.0) * random.uniform(0.5, 1.0))  # noqa: S311 — spreads tries


def _date(answer: Exchange) -> datetime | None:
    said = answer.headers.get("date")
    return None if said is None else _moment(said)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
