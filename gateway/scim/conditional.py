"""Conditional requests and preferences: If-Match, If-None-Match (RFC 9110 section 13, RFC 7644 section 3.14) and Prefer (RFC 7240).

Versions are compared weakly, since the entity tags of SCIM are weak. If-Match on a GET is ignored: a read loses nothing. A header that
names no tag fits no version: it saves a read nothing, and it lets no write through.
"""

from __future__ import annotations

import re
from typing import Any

_TAG = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')
_RETURN = re.compile(r'\s*return\s*=\s*"?(minimal|representation)"?\s*(?:;.*)?', re.IGNORECASE)


def names(header: str, version: Any) -> bool:
    """Whether a header's list of entity tags holds this version; `*` holds every version, also one that is not known (None)."""
    if header.strip() == "*":
        return True
    if version is None:
        return False
    bare = bare_version(version)
    return any(bare == (quoted or plain) for quoted, plain in _TAG.findall(header))


def bare_version(version: Any) -> str:
    """A version without the clothes of an entity tag."""
    return str(version).removeprefix("W/").strip('"')


def wants_minimal(prefer: str | None) -> bool:
    """Whether a Prefer header asks for no representation. Of contradicting preferences the first counts (RFC 7240 section 2)."""
    found = (_RETURN.fullmatch(each) for each in (prefer or "").split(","))
    return next((match[1].lower() == "minimal" for match in found if match), False)
