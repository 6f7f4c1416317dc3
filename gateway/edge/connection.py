"""TLS of our own, and what an application cannot see of a connection: the client's certificate and the address it really came from.

uvicorn tells neither; the ASGI TLS extension has a place for the first. The address matters where a proxy's header is believed: by then
uvicorn has put the proxy's word in the place of its own address.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.edge.whole import WHOLE, send_whole
from gateway.errors import ConfigError
from gateway.events import SILENT, Events, heard
from gateway.settings.callers import TlsSettings
from gateway.watched import Stamps, stamps

EVERY = 30.0
"""Seconds between looks at the certificate's files."""


class Leaving:
    """Whether the server is about to stop: its connections are closed with the answer that they carry."""

    def __init__(self) -> None:
        self.now = False

    def set(self) -> None:
        """From now on."""
        self.now = True


class Protocol(HttpToolsProtocol):
    """HTTP/1.1, with the client's certificate and the peer's address in the scope's extensions."""

    def __init__(self, leaving: Leaving, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._leaving = leaving

    def on_headers_complete(self) -> None:
        """Offer to take whole answers; answer as if the client had asked for `Connection: close` when the server is about to stop."""
        super().on_headers_complete()
        cycle: Any = self.cycle
        if isinstance(cycle, RequestResponseCycle) and cycle.scope is self.scope:  # else it is no request of HTTP's
            cycle.keep_alive = cycle.keep_alive and not self._leaving.now
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[WHOLE] = partial(send_whole, cycle)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Note what the connection shows."""
        super().connection_made(transport)
        layer = transport.get_extra_info("ssl_object")
        certificate = layer.getpeercert(binary_form=True) if layer is not None else None
        chain = (ssl.DER_cert_to_PEM_cert(certificate),) if certificate else ()
        self._shown: dict[str, Any] = {"peer": {"address": self.client[0] if self.client else ""}}
        if layer is not None:
            self._shown["tls"] = {"client_cert_chain": chain, "tls_version": layer.version()}

    def on_message_begin(self) -> None:
        """Put it into the scope of each request."""
        super().on_message_begin()
        self.scope["extensions"] = dict(self._shown)


class Tls:
    """Our certificate, and the authorities of those of clients; read again when a file changes, for new connections."""

    def __init__(self, said: TlsSettings, events: Events = SILENT) -> None:
        self._said = said
        self._heard = heard(events, "tls")
        self._stamps = self._look()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3 if said.minimum == "1.3" else ssl.TLSVersion.TLSv1_2
        self.context.verify_mode = {
            "none": ssl.CERT_NONE,
            "optional": ssl.CERT_OPTIONAL,
            "required": ssl.CERT_REQUIRED,
        }[said.clients]
        try:
            self._load()
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"tls: the certificate files cannot be used: {type(error).__name__}") from None

    def renew(self) -> bool:
        """Read the files again if one has changed; whether that was done. What cannot be used leaves the old ones in place."""
        seen = self._look()
        if seen == self._stamps:
            return False
        self._stamps = seen
        try:
            self._load()
        except (OSError, ssl.SSLError) as error:
            self._heard(type(error).__name__)
            return False
        self._heard(None)
        return True

    async def keep(self) -> None:
        """Look after the files for ever."""
        while True:
            await asyncio.sleep(EVERY)
            self.renew()

    def _load(self) -> None:
        self.context.load_cert_chain(self._said.certificate_file, self._said.key_file)
        if self._said.client_ca_file is not None:
            self.context.load_verify_locations(self._said.client_ca_file)

    def _look(self) -> Stamps:
        return stamps((self._said.certificate_file, self._said.key_file, self._said.client_ca_file))
