"""What is known of a caller once it has proved who it is, and what every way of proving it has in common.

A guard looks at a request and says: not for me (None), this is who it is (an Admission), or this is mine and wrong (Denied). No guard
keeps, prints or tells what was presented to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gateway.edge.message import Message
from gateway.swift import swift


@dataclass(frozen=True, slots=True)
class Account:
    """A caller as the site knows it: its name in logs and audit, its roles, the nevisIDM client it is bound to (None: the usual one)."""

    subject: str
    roles: frozenset[str] = frozenset()
    tenant: str | None = None


@swift
@dataclass(frozen=True, slots=True)
class Admission:
    """An account, and what the body has to be: `body_sha256`, base64, where a signature covers it."""

    account: Account
    body_sha256: str | None = None


class Guard(Protocol):
    """One way to prove who one is."""

    scheme: str
    """What `WWW-Authenticate` offers: an authentication scheme, or "" where none can be asked for (TLS)."""

    async def admit(self, message: Message) -> Admission | None:
        """Who sent the message; None when it proves nothing in this way. Raises Denied GW301 when the proof is wrong."""
        ...


class Asking(Protocol):
    """A guard that asks others, and is to be closed at the end."""

    async def aclose(self) -> None:
        """Ask nobody any more."""
        ...


def credentials(message: Message, scheme: str) -> str | None:
    """What stands behind a scheme (in lower case) in Authorization (RFC 9110 section 11.4), without blanks; None if it is another one."""
    found, _, rest = message.headers.get("authorization", "").partition(" ")
    return rest.strip() or None if found.lower() == scheme else None
