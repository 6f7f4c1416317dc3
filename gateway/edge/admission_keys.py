"""From settings to the guards of callers that hold a key: client certificates, and OCI's request signatures.

Loaded only where a caller has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.edge.caller.account import Account, Guard
from gateway.edge.caller.certificates import Certificates, Holder, Proxy
from gateway.edge.caller.signatures import Signatures, Signer
from gateway.errors import ConfigError
from gateway.settings import Settings
from gateway.settings.callers import CallerSettings


def holders_and_signers(settings: Settings, account: Callable[[CallerSettings], Account]) -> Iterator[Guard]:
    """The guards that know callers by their keys. Raises ConfigError where a key cannot be read."""
    signers = [
        Signer(account(each), each.key_id, _public_key(each)) for each in settings.callers if each.key_id is not None
    ]
    holders = [Holder(account(each), each.certificate) for each in settings.callers if each.certificate is not None]
    if holders:
        yield Certificates(holders, _proxy(settings))
    if signers:
        yield Signatures(signers)


def _public_key(caller: CallerSettings) -> RSAPublicKey:
    path = caller.public_key_file
    try:
        key = load_pem_public_key(path.read_bytes()) if path is not None else None
    except (OSError, ValueError) as error:
        raise ConfigError(f"callers: {caller.subject}: {path}: {type(error).__name__}: not a public key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise ConfigError(f"callers: {caller.subject}: {path}: must be an RSA key of at least 2048 bits")
    return key


def _proxy(settings: Settings) -> Proxy | None:
    said = settings.certificate_proxy
    return Proxy(said.header, said.form, said.addresses) if said is not None else None
