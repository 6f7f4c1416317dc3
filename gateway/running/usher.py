"""Takes in all who stand outside, not one at a time.

uvloop (libuv since 1.46) accepts a single connection in a turn of its loop, and under load a turn takes tens of milliseconds: of two
thousand callers the last stood outside for seconds, unseen, before anybody could tell them to come again. An usher looks at the same
listening socket and takes in all that wait. asyncio's own loop does so by itself and needs none.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

MOST = 256
"""Connections taken in at one look, so that those who are in have their turn, too."""
SHARED = 8
"""The same where other processes look at the same socket, and want their part."""
PAUSE = 1.0
"""Seconds without a look where no further connection can be had: file descriptors are short."""


class Usher:
    """At one listening socket, until `close`.

    `protocol` makes what speaks with each; `tls`: how, None: in plain; `most`: how many at one look.
    """

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        most: int = MOST,
    ) -> None:
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._socket = listening.dup()
        self._protocol = protocol
        self._tls = tls
        self._joining: set[asyncio.Task[None]] = set()
        self._closed = False
        self._look()

    def close(self) -> None:
        """Take nobody in any more."""
        self._closed = True
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _look(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._socket, self._take)

    def _take(self) -> None:
        for _ in range(self._most):
            try:
                met, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._loop.remove_reader(self._socket)
                self._loop.call_later(PAUSE, self._look)
                return
            task = self._loop.create_task(self._join(met))
            self._joining.add(task)  # or nobody would hold it
            task.add_done_callback(self._joining.discard)

    async def _join(self, met: socket.socket) -> None:
        """What goes wrong before there is a connection is the caller's affair: a TLS handshake that fails, somebody gone again."""
        met.setblocking(False)
        try:
            met.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, met, ssl=self._tls)
        except OSError:
            met.close()


def wanted(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this loop takes one at a time."""
    return type(loop).__module__.startswith("uvloop")
