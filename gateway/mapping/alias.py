"""Short names for extensions: `nevis:unit` means `urn:…:nevisidm:2.0:User:unit`.

Mappings, their tests and `explain` speak so; the wire knows no aliases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.scim.tree import Attr

_QUOTED_OR_ALIAS = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w:.$-])([A-Za-z][\w-]*):(?=[A-Za-z$])')


def expand(text: str, aliases: Mapping[str, str]) -> str:
    """A filter or path with the aliases before attribute names written out; quoted values stay as they are."""

    def written(found: re.Match[str]) -> str:
        urn = aliases.get(found[1] or "")
        return f"{urn}:" if urn else found[0]

    return _QUOTED_OR_ALIAS.sub(written, text)


def read_attr(text: str, aliases: Mapping[str, str]) -> Attr | None:
    """The attribute that a mapping calls `name.givenName`, `nevis:unit` or `appRoles.*`; None for an alias that nobody declared."""
    alias, colon, rest = text.partition(":")
    if colon and alias not in aliases:
        return None
    name, _, sub = (rest if colon else text).partition(".")
    return Attr(name, sub or None, aliases[alias] if colon else None)
