"""Secrets of logins: a text of the settings, or a file that is read again when it changes, so that a secret is rotated without a restart.

The value stands in no repr and no exception text. A file that is gone, or holds what no login can send, leaves the last good value in
place: a rotation that writes in two steps must not cost a request.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from gateway.errors import ConfigError
from gateway.nevisidm.tls import Missed, unheard
from gateway.watched import Stamps, stamps


class Secret(Protocol):
    """Where a secret comes from."""

    def value(self, *, anew: bool = False) -> str:
        """The secret as it is now; `anew`: read it, whatever the file's time says."""
        ...


class Given:
    """A secret that stands in the settings: it never changes."""

    def __init__(self, value: str) -> None:
        self._value = value

    def value(self, *, anew: bool = False) -> str:  # noqa: ARG002
        """See Secret."""
        return self._value


class InFile:
    """The content of a file, without its last line end. `fit` says whether a content can be sent at all."""

    def __init__(self, path: Path, name: str, *, fit: Callable[[str], bool] = bool, missed: Missed = unheard) -> None:
        self._path = path
        self._fit = fit
        self._missed = missed
        self._seen: Stamps = stamps((path,))
        try:
            self._value = _read(path)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{name}: {path}: {getattr(error, 'strerror', None) or 'not text'}") from None
        if not fit(self._value):
            raise ConfigError(f"{name}: {path}: must hold printable text of one line")

    def value(self, *, anew: bool = False) -> str:
        """See Secret."""
        seen = stamps((self._path,))
        changed = seen != self._seen
        if anew or changed:
            self._seen = seen
            self._renew(changed=changed)
        return self._value

    def _renew(self, *, changed: bool) -> None:
        try:
            found = _read(self._path)
        except (OSError, UnicodeDecodeError) as error:
            self._missed(type(error).__name__)
            return
        if not self._fit(found):
            self._missed("unfit")
            return
        self._value = found
        if changed:
            self._missed(None)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip("\r\n")
