"""Who may ask the console: the browser of somebody who has the page open, and nobody's page on another site.

Three things are checked before anything is answered. *Host*: an IP address, localhost, or a name that the settings allow, so that a name
that was rebound to this address gets nothing. *Origin*: what changes or runs something comes from the page itself, and as JSON, which no
form can send. *Key*: where the settings have one, by HTTP Basic, which every browser asks for by itself.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Mapping as Map
from dataclasses import dataclass, field


class Refusal(Exception):
    """Not answered: a status and why, for whoever stands in front of it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass(frozen=True, slots=True)
class Visitors:
    """The rules. `hosts`: DNS names that are ours; `key`: what must be shown, None: nothing."""

    hosts: frozenset[str] = frozenset()
    key: str | None = field(default=None, repr=False)

    def check(self, headers: Map[str, str], *, changing: bool) -> None:
        """Let it pass, or raise Refusal. Header names are lower case; `changing`: it does more than fetch the page."""
        host = headers.get("host", "")
        if not self._ours(host):
            name = _name(host)[:80]
            raise Refusal(
                421, f'This console is not known as "{name}"; add the name to console.hosts, or use the address.'
            )
        if self.key is not None and not hmac.compare_digest(_shown(headers), self.key.encode()):
            raise Refusal(401, "The console wants its key: console.key of the settings, with any user name.")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            raise Refusal(403, "This came from another site's page.")
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise Refusal(403, "This came from another site's page.")
        if changing and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "Send Content-Type: application/json.")

    def _ours(self, host: str) -> bool:
        name = _name(host)
        return name == "localhost" or name.endswith(".localhost") or name in self.hosts or _is_address(name)


def _name(host: str) -> str:
    """The host without its port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _is_address(name: str) -> bool:
    """An IP address is nobody's name, so it cannot be rebound."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _shown(headers: Map[str, str]) -> bytes:
    """The password of HTTP Basic; empty where there is none."""
    scheme, _, sent = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(sent.strip(), validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
