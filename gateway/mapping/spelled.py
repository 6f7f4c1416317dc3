"""Values as a mapping spells them: in one line, in quotation marks only where they must be."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN = re.compile(r"[^\W\d_](?:[^\n:#]|:(?=\S)|(?<=\S)#)*(?<!\s)|/[^\s:#]*")
_BRACKET = re.compile(r"[][{},]")


def flow(value: Any, *, inside: bool = False) -> str:
    """A value as it stands in a mapping, in one line. `inside` brackets more must stand in quotation marks."""
    if isinstance(value, dict):
        if not value:
            return "{}"
        pairs = (f"{flow(key, inside=True)}: {flow(each, inside=True)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(each, inside=True) for each in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not (inside and _BRACKET.search(value)):
        return value if value.lower() not in ("true", "false", "null") else f'"{value}"'
    return json.dumps(value, ensure_ascii=False)
