"""What is shared, in Redis: one round trip for each step, atomic there, by Redis's clock.

Nothing there speaks of anybody: keys are keyed digests, values are sealed (AES-GCM, bound to their key), and every key has an end. Keys
begin with the prefix of the settings, so that installations can share a Redis. Import this file only where one is made: the library takes
its time to load.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import redis.asyncio as aioredis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.asyncio.connection import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import RedisError

from gateway.errors import ConfigError
from gateway.shared.rate import Rate
from gateway.shared.state import Lost, Name, keyed

Result = TypeVar("Result")

_TAKE = """
local t = redis.call('TIME')
local now, cost, wait, after = t[1] + t[2] / 1e6, tonumber(ARGV[1]), 0, {}
for i, key in ipairs(KEYS) do
  local allowed, seconds = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local step = seconds / allowed
  local whole = math.max(tonumber(redis.call('GET', key) or '0'), now)
  wait = math.max(wait, whole + math.max(cost, 1) * step - now - seconds)
  after[i] = whole + cost * step
end
if wait > 1e-6 then return tostring(wait) end
if cost > 0 then
  for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.6f', after[i]), 'PX', math.ceil((after[i] - now) * 1000))
  end
end
return '0'
"""
_ATTEMPT = """
local t = redis.call('TIME')
local now, allowed, seconds = t[1] + t[2] / 1e6, tonumber(ARGV[1]), tonumber(ARGV[2])
local first = redis.call('LINDEX', KEYS[1], 0)
while first and tonumber(first) <= now - seconds do
  redis.call('LPOP', KEYS[1])
  first = redis.call('LINDEX', KEYS[1], 0)
end
if redis.call('LLEN', KEYS[1]) >= allowed then return tostring(tonumber(first) + seconds - now) end
redis.call('RPUSH', KEYS[1], string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(seconds * 1000))
return '0'
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Redis is and how it is reached. The password stands in a file, which is read again for each new connection."""

    url: str
    prefix: str = "scim-nevisidm:"
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 0.5
    connections: int = 32


class InRedis:
    """See `Shared`. Every method but `digest` raises Lost when Redis does not answer in time, or not properly."""

    def __init__(self, place: Place, key: bytes) -> None:
        self._key = hashlib.sha256(b"names\0" + key).digest()
        self._seal = AESGCM(hashlib.sha256(b"values\0" + key).digest())
        self._prefix = place.prefix
        self._client = aioredis.Redis(connection_pool=_pool(place))
        self._take = self._client.register_script(_TAKE)
        self._attempt = self._client.register_script(_ATTEMPT)

    def digest(self, *parts: str | bytes) -> bytes:
        """See `Shared`."""
        return keyed(self._key, parts)

    async def take(self, name: Name, rates: tuple[Rate, ...], cost: int = 1) -> float:
        """See `Shared`."""
        bucket = self._named(name)
        keys = [f"{bucket}:{rate.allowed}/{rate.seconds:g}" for rate in rates]
        said = [number for rate in rates for number in (rate.allowed, rate.seconds)]
        return float(await self._ask(self._take(keys, [cost, *said])))

    async def attempt(self, name: Name, rate: Rate) -> float:
        """See `Shared`."""
        return float(await self._ask(self._attempt([self._named(name)], [rate.allowed, rate.seconds])))

    async def seen(self, name: Name, seconds: float) -> bool:
        """See `Shared`."""
        return await self._ask(self._client.set(self._named(name), b"", px=_milliseconds(seconds), nx=True)) is None

    async def claim(self, name: Name, value: bytes, seconds: float) -> bytes | None:
        """See `Shared`."""
        key = self._named(name)
        sealed = self._sealed(value, key)
        known = await self._ask(self._client.set(key, sealed, px=_milliseconds(seconds), nx=True, get=True))
        return None if known is None else self._opened(known, key)

    async def find(self, name: Name) -> bytes | None:
        """See `Shared`."""
        key = self._named(name)
        known = await self._ask(self._client.get(key))
        return None if known is None else self._opened(known, key)

    async def keep(self, name: Name, value: bytes, seconds: float) -> None:
        """See `Shared`."""
        key = self._named(name)
        await self._ask(self._client.set(key, self._sealed(value, key), px=_milliseconds(seconds)))

    async def drop(self, name: Name) -> None:
        """See `Shared`."""
        await self._ask(self._client.delete(self._named(name)))

    async def check(self) -> None:
        """See `Shared`."""
        await self._ask(self._client.ping())

    async def aclose(self) -> None:
        """See `Shared`."""
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    async def _ask(self, asked: Awaitable[Any] | Any) -> Any:
        try:
            return await asked
        except (RedisError, OSError, TimeoutError, ValueError) as error:
            # what waits in the pool is as dead as this one, and would fail one after the other
            await self._client.connection_pool.disconnect(inuse_connections=False)
            raise Lost(type(error).__name__) from None

    def _named(self, name: Name) -> str:
        digest = base64.urlsafe_b64encode(keyed(self._key, name)[:24]).decode()
        return f"{self._prefix}{name[0]!s}:{{{digest}}}"

    def _sealed(self, value: bytes, key: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._seal.encrypt(nonce, value, key.encode())

    def _opened(self, sealed: bytes, key: str) -> bytes:
        try:
            return self._seal.decrypt(sealed[:12], sealed[12:], key.encode())
        except InvalidTag:
            raise Lost("InvalidTag") from None


class _FromFile(CredentialProvider):
    def __init__(self, user: str | None, file: Path) -> None:
        self._user = user
        self._file = file

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        password = self._file.read_text(encoding="utf-8").rstrip("\r\n")
        return (self._user, password) if self._user is not None else (password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        return self.get_credentials()


def _pool(place: Place) -> BlockingConnectionPool:
    said: dict[str, Any] = {
        "max_connections": place.connections,
        "timeout": place.timeout,
        "socket_timeout": place.timeout,
        "socket_connect_timeout": place.timeout,
        "retry": Retry(NoBackoff(), 0),
    }
    if place.ca_file is not None:
        said["ssl_ca_certs"] = str(place.ca_file)
    if place.password_file is not None:
        if not place.password_file.is_file():
            raise ConfigError(f"shared.password_file: {place.password_file}: there is no such file")
        said["credential_provider"] = _FromFile(place.user, place.password_file)
    try:
        pool: BlockingConnectionPool = BlockingConnectionPool.from_url(place.url, **said)
    except ValueError:
        raise ConfigError("shared.redis: must be redis://host:port/db or rediss://host:port/db") from None
    return pool


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
