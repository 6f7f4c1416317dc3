"""The keys that sign our tokens: private keys in files, the first signs, all are published; read again when a file changes.

So keys are rotated without a restart: add the new key behind the old one, then put it first, then remove the old one.
"""

from __future__ import annotations

from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import Key, RSAKey

from gateway.errors import ConfigError
from gateway.events import SILENT, Events, heard
from gateway.watched import Stamps, stamps

ALGORITHM = "RS256"


class Signing:
    """Signing keys. Without files one is made up, which is good for this process only."""

    def __init__(self, files: tuple[Path, ...], events: Events = SILENT) -> None:
        self._files = files
        self._heard = heard(events, "token_endpoint.key_files")
        self._stamps: Stamps = ()
        self._keys = [] if files else [_named(RSAKey.generate_key(2048, private=True))]
        if files:
            self._stamps = stamps(files)
            try:
                self._keys = [_read(file) for file in files]
            except (OSError, ValueError, JoseError) as error:
                raise ConfigError(f"token_endpoint: a key file cannot be used: {type(error).__name__}") from None

    def current(self) -> RSAKey:
        """The key that signs now."""
        self._renew()
        return self._keys[0]

    async def aclose(self) -> None:
        """See `caller.keys.Keys`."""

    async def find(self, kid: str | None) -> list[Key]:
        """See `caller.keys.Keys`: our own tokens are verified as those of others are."""
        self._renew()
        return [key for key in self._keys if kid is None or key.kid == kid]

    def published(self) -> dict[str, list[dict[str, object]]]:
        """The JWKS document: public halves only."""
        self._renew()
        return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in self._keys]}

    def _renew(self) -> None:
        seen = stamps(self._files)
        if seen == self._stamps:
            return
        self._stamps = seen
        try:
            self._keys = [_read(file) for file in self._files]
        except (OSError, ValueError, JoseError) as error:
            self._heard(type(error).__name__)  # half a file is no reason to forget the keys that there are
        else:
            self._heard(None)


def _read(file: Path) -> RSAKey:
    key = RSAKey.import_key(file.read_bytes())
    if not key.is_private or key.raw_value.key_size < 2048:
        raise ValueError("not a private RSA key of at least 2048 bits")
    return _named(key)


def _named(key: RSAKey) -> RSAKey:
    """The key with an id of its own: its thumbprint (RFC 7638)."""
    return RSAKey.import_key(key.as_dict(private=True), {"kid": key.thumbprint()})
