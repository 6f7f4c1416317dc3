"""Mappings from a folder: read, merged with what they extend, compiled. All findings at once, or all mappings.

What lint calls an error keeps the gateway from starting, so that a running gateway never holds a mapping that lint would refuse.
"""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ConfigError
from gateway.mapping.finding import in_order
from gateway.mapping.folder import read_folder
from gateway.mapping.inherit import ERRORS, NO_TEXTS, Texts, find_mappings
from gateway.mapping.lint import findings_of
from gateway.mapping.model import Mappings

__all__ = ["ERRORS", "find_mappings", "load"]


def load(directory: Path, variants: tuple[str, ...] = (), texts: Texts = NO_TEXTS) -> Mappings:
    """The mappings of a folder, in these variants. Raises ConfigError GW002 with every error of every file, GW001 for no such variant.

    `texts`: what goes before the disk.
    """
    folder = read_folder(directory, variants, texts)
    errors = [str(each) for each in in_order(findings_of(folder)) if each.level == "error"]
    if errors:
        raise ConfigError(*errors, code="GW002")
    return folder.mappings()
