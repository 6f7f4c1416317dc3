"""Conditional requests and preferences: If-Match, If-None-Match (RFC 9110 section 13, RFC 7644 section 3.14) and Prefer (RFC 7240).

Versions are compared weakly, since the entity tags of SCIM are weak, and part by part, since a tag covers what its answer showed
(decision 007): who has all parts of what would be shown has it already; what a tag speaks of has not changed if all of its parts are
still so. That holds for a GET with If-Match, too (RFC 9110 section 13.1.1). A header that names no tag fits no version: it saves a read
nothing, and it lets nothing through. A POST and a list know no condition: there is no one resource yet that it could be about.
"""

from __future__ import annotations

import re
from typing import Any

_TAG = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')
_WAIT = re.compile(r'\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;.*)?', re.IGNORECASE | re.ASCII)
_RETURN = re.compile(r'\s*return\s*=\s*"?(minimal|representation)"?\s*(?:;.*)?', re.IGNORECASE)


BETWEEN = "-"
"""What stands between the parts of a version."""


def names(header: str, version: Any) -> bool:
    """Whether one of a header's entity tags knows all parts of this version; `*` does of every version, also of none (None)."""
    if header.strip() == "*":
        return True
    return version is not None and any(_parts(version) <= _parts(tag) for tag in bare_tags(header))


def still(header: str, version: Any) -> bool:
    """Whether all parts of one of a header's entity tags are in this version, which may have more; `*` asks for nothing."""
    if header.strip() == "*":
        return True
    return version is not None and any(_parts(tag) <= _parts(version) for tag in bare_tags(header))


def bare_tags(header: str) -> list[str]:
    """The entity tags of a header without their clothes; none in `*`."""
    found = (quoted or plain for quoted, plain in _TAG.findall(header))
    return [tag for tag in found if tag and tag != "*"]


def _parts(version: Any) -> frozenset[str]:
    return frozenset(bare_version(version).split(BETWEEN))


def bare_version(version: Any) -> str:
    """A version without the clothes of an entity tag."""
    return str(version).removeprefix("W/").strip('"')


def patience(prefer: str | None) -> float | None:
    """Seconds that a Prefer header is willing to wait (RFC 7240 section 4.3); None where it does not say."""
    if prefer is None:
        return None
    found = (_WAIT.fullmatch(each) for each in prefer.split(","))
    return next((float(match[1]) for match in found if match), None)


def wants_minimal(prefer: str | None) -> bool:
    """Whether a Prefer header asks for no representation. Of contradicting preferences the first counts (RFC 7240 section 2)."""
    found = (_RETURN.fullmatch(each) for each in (prefer or "").split(","))
    return next((match[1].lower() == "minimal" for match in found if match), False)
