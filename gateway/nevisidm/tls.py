"""TLS towards nevisIDM: whom we believe, and the certificate that we show; read again when a file changes.

The other side is always verified, by the system's authorities or by those of one file alone; there is no switch to turn that off. A
change makes a new context, so that connections under the old certificate are not used for new requests. What cannot be used (a certificate
whose key has not been written yet) leaves the old one in place until the files change again.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from gateway.watched import stamps

Missed = Callable[[str | None], None]
"""Hears why a changed file could not be used, and None when one was taken up."""


def unheard(_: str | None) -> None:
    """For who need not know what becomes of a file."""


class Trust:
    """The TLS settings. `client_cert`: our certificate chain and its key, both PEM, the key not encrypted.

    Raises OSError or ssl.SSLError when a file cannot be used at first; later `missed` hears the kind of fault.
    """

    def __init__(
        self,
        ca_file: Path | None = None,
        client_cert: tuple[Path, Path] | None = None,
        *,
        missed: Missed = unheard,
    ) -> None:
        self._ca_file = ca_file
        self._client_cert = client_cert
        self._missed = missed
        self._files = tuple(file for file in (ca_file, *(client_cert or ())) if file is not None)
        self._seen = stamps(self._files)
        self._context = self._made()

    def context(self) -> ssl.SSLContext:
        """The context for a request that begins now."""
        if self._files and (seen := stamps(self._files)) != self._seen:
            self._seen = seen
            try:
                self._context = self._made()
                self._missed(None)
            except (OSError, ssl.SSLError) as error:
                self._missed(type(error).__name__)
        return self._context

    def _made(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._client_cert is not None:
            certificate, key = self._client_cert
            context.load_cert_chain(certificate, key, password="")  # else OpenSSL asks the terminal for one
        return context
