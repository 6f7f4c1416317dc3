"""The public keys of an issuer (JWKS, RFC 7517): fetched when needed, kept while fresh, kept on while the issuer cannot be asked.

A key that is not known is looked for once more at the issuer, which is how keys rotate; not oftener than every `PAUSE` seconds, so that
tokens with invented key ids cannot make the gateway knock without end. Keys that we do not understand are passed over one by one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from gateway.nevisidm.engine import Engine, EngineError, Timeouts
from gateway.watched import Stamps, stamps

FRESH, STALE, PAUSE = 600.0, 86_400.0, 10.0
PATIENCE = 3.0
"""Seconds that a request waits for a fetch, which goes on without it."""
_TIMEOUTS = Timeouts(connect=3.0, read=5.0, total=8.0)

Fetch = Callable[[], Awaitable[Any]]


class NoKeys(Exception):
    """The issuer's keys cannot be had, and there are no earlier ones that would still do."""


class Keys(Protocol):
    """Where public keys come from."""

    async def find(self, kid: str | None) -> list[Key]:
        """The keys with that id; without an id, all. Raises NoKeys."""
        ...

    async def aclose(self) -> None:
        """Nothing is looked for any more."""
        ...


class Fetched:
    """Keys that are fetched. `fetch` returns the JWKS document; `failed` hears when it could not.

    One fetch at a time, however many ask. Nobody waits for keys that are known and not too old, nor for an issuer that did not answer the
    last time: such a fetch goes on behind, and who needs what it may bring is told at once to come back.
    """

    def __init__(
        self, fetch: Fetch, failed: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._failed = failed
        self._clock = clock
        self._keys: list[Key] = []
        self._fetched: float | None = None
        self._tried: float | None = None
        self._away = False
        self._task: asyncio.Task[None] | None = None

    async def find(self, kid: str | None) -> list[Key]:
        """See Keys."""
        if not self._is_younger(FRESH):
            await self._renew(wait=not self._is_younger(STALE))
        found = self._named(kid)
        if not found and kid is not None:
            await self._renew(wait=True)
            found = self._named(kid)
        if not self._is_younger(STALE) or (not found and self._is_uncertain()):
            raise NoKeys
        return found

    async def aclose(self) -> None:
        """Leave a fetch that is under way."""
        if self._task is not None:
            self._task.cancel()

    def _named(self, kid: str | None) -> list[Key]:
        return [key for key in self._keys if kid is None or key.kid == kid]

    def _is_younger(self, seconds: float) -> bool:
        return self._fetched is not None and self._clock() - self._fetched < seconds

    def _is_uncertain(self) -> bool:
        """Whether the issuer may have keys that we have not heard of: it did not answer, or not yet."""
        return self._away or (self._task is not None and not self._task.done())

    async def _renew(self, *, wait: bool) -> None:
        """Fetch, or join the fetch under way; not oftener than every PAUSE seconds, and without waiting for who is known to be away."""
        if self._task is None or self._task.done():
            if self._tried is not None and self._clock() - self._tried < PAUSE:
                return
            self._tried = self._clock()
            self._task = asyncio.create_task(self._once())
        if wait and not self._away:
            await asyncio.wait({self._task}, timeout=PATIENCE)

    async def _once(self) -> None:
        try:
            self._keys = keys_of(await self._fetch())
        except (EngineError, ValueError, KeyError) as problem:
            self._away = True
            self._failed(type(problem).__name__)
        else:
            self._away = False
            self._fetched = self._clock()


class FromFile:
    """Keys of a JWKS or PEM file, read again when it changes. `failed` hears, once for each change, when it could not be."""

    def __init__(self, path: Path, failed: Callable[[str], None] = lambda _: None) -> None:
        self._path = path
        self._failed = failed
        self._stamps: Stamps = ()
        self._keys: list[Key] = []

    async def find(self, kid: str | None) -> list[Key]:
        """See Keys."""
        seen = stamps((self._path,))
        if self._stamps != seen:
            self._stamps = seen
            try:
                self._keys = keys_from(self._path.read_bytes())
            except (OSError, ValueError) as error:
                self._failed(type(error).__name__)
        if not self._keys:
            raise NoKeys
        return [key for key in self._keys if kid is None or key.kid in (kid, None)]

    async def aclose(self) -> None:
        """See Keys."""


def keys_of(document: Any) -> list[Key]:
    """The asymmetric signing keys of a JWKS document. Raises ValueError when it is none, or holds none."""
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWKS")
    keys = [key for entry in entries if (key := _key(entry)) is not None]
    if not keys:
        raise ValueError("no key that can be used")
    return keys


def _key(entry: Any) -> Key | None:
    if not isinstance(entry, Mapping) or entry.get("kty") == "oct" or entry.get("use", "sig") != "sig":
        return None
    try:
        return import_key(dict(entry))
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def keys_from(content: bytes) -> list[Key]:
    """The keys of a JWKS, a single JWK or a PEM file. Raises ValueError when it is none of them."""
    if content.lstrip().startswith(b"{"):
        said = orjson.loads(content)
        return keys_of({"keys": [said]} if isinstance(said, dict) and "kty" in said else said)
    kinds: tuple[Literal["RSA", "EC", "OKP"], ...] = ("RSA", "EC", "OKP")
    for kind in kinds:
        try:
            return [_imported(content, kind)]
        except (JoseError, ValueError, TypeError):
            continue
    raise ValueError("neither JWKS nor PEM")


def _imported(content: bytes, kind: Literal["RSA", "EC", "OKP"]) -> Key:
    if kind == "RSA":
        return import_key(content, "RSA")
    return import_key(content, "EC") if kind == "EC" else import_key(content, "OKP")


def jwks(engine: Engine, issuer: str, url: str | None) -> Fetch:
    """Fetches the keys from `url`, or from where the issuer's discovery document says (OpenID Connect Discovery section 4)."""

    async def fetch() -> Any:
        where = url
        if where is None:
            told = await _document(engine, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != issuer:
                raise ValueError("the discovery document names another issuer")
            where = told["jwks_uri"]
        return await _document(engine, where)

    return fetch


async def _document(engine: Engine, url: str) -> Any:
    answer = await engine.exchange("GET", url, {"Accept": "application/json"}, None, _TIMEOUTS)
    if answer.status != 200:
        raise ValueError(f"status {answer.status}")
    found = orjson.loads(answer.body)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found
