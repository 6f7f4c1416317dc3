"""TLS of our own, and what an application cannot see of a connection: the client's certificate and the address it really came from.

uvicorn tells neither; the ASGI TLS extension has a place for the first. The address matters where a proxy's header is believed: by then
uvicorn has put the proxy's word in the place of its own address.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.edge.cycle import Bodiless
from gateway.edge.known_head import KnownHead, known_head
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
    """HTTP/1.1, with the client's certificate and the peer's address in the scope's extensions.

    The head of a request that repeats the one before it is read from memory (`known_head.py`). A connection has one timer, which looks now
    and then at how long it has been idle: to set and clear one for each answer costs more than writing it.
    """

    _known: KnownHead | None = None
    _repeats = False
    _begun = _ended = 0
    """Requests whose first, and last, byte the parser has seen."""
    _idle_since = 0.0
    """When the last answer was written; 0 while one is under way."""

    def __init__(self, leaving: Leaving, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._leaving = leaving

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        known = self._known
        if known is not None and self.cycle.response_complete:
            target = known.target(data)
            if target is not None:
                self._repeat(target, known)
                return
        self._known = None
        whole = self._begun == self._ended
        begun = self._begun
        super().data_received(data)
        if whole and begun + 1 == self._begun == self._ended:
            self._remember(data)

    def _repeat(self, target: bytes, known: KnownHead) -> None:
        """What uvicorn and the parser do with a request that differs from the known one in its target only."""
        path, _, query = target.partition(b"?")
        decoded = path.decode("ascii")
        if "%" in decoded:
            decoded = unquote(decoded)
        self.url = target
        scope: Any = known.scope.copy()
        self.scope, self.headers = scope, scope["headers"]
        scope["path"] = self.root_path + decoded
        scope["raw_path"] = self.root_path.encode("ascii") + path
        scope["query_string"] = query
        scope["state"] = self.app_state.copy()
        scope["extensions"] = self._shown.copy()
        self._idle_since = 0.0
        self._repeats = True
        try:
            self.on_headers_complete()
        finally:
            self._repeats = False

    def on_response_complete(self) -> None:
        """As uvicorn does it, but for the timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for so long; look again when it would be, if it is idle now."""
        self.timeout_keep_alive_task = None
        if not self._idle_since or self.transport.is_closing():
            return
        due = self._idle_since + self.timeout_keep_alive
        if due <= self.loop.time():
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_at(due, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = 0.0

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        super().connection_lost(exc)
        self._known = None
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _remember(self, data: bytes) -> None:
        """Of these bytes, which were one request, if its like can be told by its bytes alone."""
        if self.parser.should_keep_alive():
            scope = {**self.scope, "client": self.client, "scheme": self.scheme}  # as they were before a proxy's word
            self._known = known_head(data, scope, self.app)

    def on_headers_complete(self) -> None:
        """Offer to take whole answers; answer as if the client had asked for `Connection: close` when the server is about to stop."""
        extensions: Any = self.scope["extensions"]
        cycle: Any
        if self._repeats:
            known: Any = self._known
            self.cycle = cycle = Bodiless(self.scope, self, keep_alive=not self._leaving.now)
            extensions[WHOLE] = partial(send_whole, cycle)
            self._start_asgi_task(cycle, known.app)
            return
        super().on_headers_complete()
        cycle = self.cycle
        if isinstance(cycle, RequestResponseCycle) and cycle.scope is self.scope:  # else it is no request of HTTP's
            cycle.keep_alive = cycle.keep_alive and not self._leaving.now
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
        self._begun += 1
        super().on_message_begin()
        self.scope["extensions"] = self._shown.copy()

    def on_message_complete(self) -> None:
        """Note that a request is whole."""
        self._ended += 1
        super().on_message_complete()


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
