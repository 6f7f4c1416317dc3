"""A resource's id from the parts that nevisIDM knows it by, and back; so are ids that refer to resources of another type.

An id of one part is that part as it is (`{user.extId}`). In one of several parts, whatever could be taken for a separator is written `=7E`
(`~`), so every id can be taken apart in one way only; `=` survives in a URL path as it is, which `%` would not. A word behind a
separator (`{user.extId}~~puk`) keeps the ids of two types apart (RFC 7643 section 3.1). What nobody could have
been given (too long, control characters, a path segment that means another place) is no id, and so a 404.
"""

from __future__ import annotations

import functools
import re
from itertools import pairwise

from gateway.mapping.model import Mapping
from gateway.nevisidm.template import Hole, Lookup, Template

LONGEST = 1024
_ESCAPE = "="
_ESCAPED = re.compile(r"=([0-9A-F]{2})")
_STRANGE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of surrogate pairs: never part of an id, and dangerous in a URL or a log."""
_ALWAYS = _ESCAPE + "/"


def compose_id(mapping: Mapping, lookup: Lookup) -> str | None:
    """The id, None while a part of it is not known."""
    return compose(mapping.id, lookup) if mapping.id is not None else None


def parse_id(mapping: Mapping, text: str) -> dict[str, str] | None:
    """The parts of an id by the names of their holes; None for a text that is no id of this type."""
    return take_apart(mapping.id, text) if mapping.id is not None else None


def compose(template: Template, lookup: Lookup) -> str | None:
    """An id of this form, None while a part of it is not known."""
    special = special_letters(template)
    return template.fill(lambda hole: escaped(lookup(hole), special))


def take_apart(template: Template, text: str) -> dict[str, str] | None:
    """The parts of an id of this form by the names of their holes; None for a text that is none."""
    if not 0 < len(text) <= LONGEST or _STRANGE.search(text) is not None:
        return None
    first = template.parts[0]
    if len(template.parts) == 1 and type(first) is Hole:
        return {first.name: text} if text not in (".", "..") else None
    parts = _taken_apart(template, text)
    if parts is None or any(value in ("", ".", "..") for value in parts.values()):
        return None
    return parts if compose(template, parts.get) == text else None


def id_fault(template: Template) -> str | None:
    """Why ids of this form could not be taken apart again (lint M202); None if they can."""
    if not template.holes:
        return "an id needs a hole, such as {user.extId}"
    kinds = [isinstance(part, Hole) for part in template.parts]
    if any(one and other for one, other in pairwise(kinds)):
        return "two holes need a separator between them, such as ~"
    fixed = "".join(part for part in template.parts if isinstance(part, str))
    if any(letter in _ALWAYS or not letter.isascii() for letter in fixed):
        return "a separator may be a sign such as ~, but not = or /"
    if any(_touches(one, other) for one, other in pairwise(template.parts)):
        return "a word needs a separator between itself and a hole, such as ~"
    return None


def _touches(one: str | Hole, other: str | Hole) -> bool:
    """Whether a letter or digit stands right beside a hole."""
    beside = one[-1] if isinstance(one, str) else other[0] if isinstance(other, str) else ""
    return beside.isalnum()


def special_letters(template: Template) -> str:
    """The letters that values must not have as they are; none where nothing is separated."""
    fixed = "".join(part for part in template.parts if isinstance(part, str))
    return "".join(letter for letter in fixed if not letter.isalnum()) + _ALWAYS if fixed else ""


def escaped(value: object, special: str) -> str | None:
    """One part of an id as it stands there, None where there is none."""
    if value in (None, ""):
        return None
    if not special:
        return str(value)
    return "".join(f"={ord(letter):02X}" if letter in special else letter for letter in str(value))


def _taken_apart(template: Template, text: str) -> dict[str, str] | None:
    found = _pattern(template).fullmatch(text)
    if found is None:
        return None
    plain = not special_letters(template)
    values = [value if plain else _ESCAPED.sub(lambda code: chr(int(code[1], 16)), value) for value in found.groups()]
    parts = dict(zip(template.holes, values, strict=True))
    return parts if all(parts[hole] == value for hole, value in zip(template.holes, values, strict=True)) else None


@functools.cache
def _pattern(template: Template) -> re.Pattern[str]:
    return re.compile("".join(re.escape(part) if isinstance(part, str) else "(.+?)" for part in template.parts))
