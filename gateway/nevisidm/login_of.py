"""The login that an installation's settings describe, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import ConfigError
from gateway.nevisidm.login import (
    ClientCredentials,
    Login,
    NoHeader,
    Renewed,
    StaticLogin,
    basic,
    bearer,
    nevis_id,
    presentable,
    sendable,
)
from gateway.nevisidm.secret import Given, InFile, Secret
from gateway.nevisidm.tls import Missed, unheard


@dataclass(frozen=True, slots=True)
class Said:
    """What the settings say of the login. Of a secret and its file, one is enough."""

    mode: str
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    header: str = "Authorization"
    user: str = ""
    credential: str = ""
    secret: str = field(default="", repr=False)
    secret_file: Path | None = None
    token_url: str = ""
    client_id: str = ""
    scope: str = ""
    shows_certificate: bool = False


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "bearer": ("token",),
    "header": ("header", "token"),
    "nevis_id": ("user", "credential", "secret"),
    "basic": ("user", "secret"),
    "oauth2": ("token_url", "client_id", "secret"),
    "certificate": ("certificate_file",),
}
_ENCODED = frozenset(("basic", "nevis_id", "oauth2"))


def login_of(said: Said, missed: Missed = unheard) -> Login:
    """The login. `missed` hears when a secret's file can later not be used.

    Raises ConfigError naming what is missing or cannot be sent, never its value.
    """
    _check(said)
    if said.mode == "certificate":
        return NoHeader()
    fit = sendable if said.mode in _ENCODED else presentable
    key = "token" if said.mode in ("bearer", "header") else "secret"
    secret = _secret(said, key, lambda text: bool(text) and fit(text), missed)
    if said.mode == "oauth2":
        return ClientCredentials(said.token_url, said.client_id, secret, said.scope)
    forms: dict[str, Callable[[str], StaticLogin]] = {
        "bearer": bearer,
        "header": lambda value: StaticLogin(said.header, value),
        "nevis_id": lambda value: nevis_id(said.user, said.credential, value),
        "basic": lambda value: basic(said.user, value),
    }
    form = forms[said.mode]
    return form(secret.value()) if isinstance(secret, Given) else Renewed(form, secret)


def _secret(said: Said, key: str, fit: Callable[[str], bool], missed: Missed) -> Secret:
    path: Path | None = getattr(said, f"{key}_file")
    return InFile(path, f"nevisidm.login.{key}_file", fit=fit, missed=missed) if path else Given(getattr(said, key))


def _check(said: Said) -> None:
    for key in ("token", "secret"):
        if getattr(said, key) and getattr(said, f"{key}_file"):
            raise ConfigError(f"nevisidm.login: {key} and {key}_file are both set; leave one of them out")
    given = {name for name in ("header", "user", "credential", "token_url", "client_id") if getattr(said, name)}
    given |= {key for key in ("token", "secret") if getattr(said, key) or getattr(said, f"{key}_file")}
    given |= {"certificate_file"} if said.shows_certificate else set()
    missing = [name for name in _NEEDS[said.mode] if name not in given]
    if missing:
        raise ConfigError(f"nevisidm.login: mode {said.mode} needs {' and '.join(missing)}")
    fit = sendable if said.mode in _ENCODED else presentable
    texts = (name for name in _NEEDS[said.mode] if isinstance(getattr(said, name, None), str))
    if unfit := [name for name in texts if getattr(said, name) and not fit(getattr(said, name))]:
        raise ConfigError(f"nevisidm.login: {' and '.join(unfit)} must be printable text without line ends")
    if said.mode == "nevis_id" and ":" in said.user + said.credential:
        raise ConfigError("nevisidm.login: user and credential must not contain a colon (mode nevis_id)")
