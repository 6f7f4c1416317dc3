"""nevisIDM's collections, as the catalogue of its calls tells them: what a new mapping can begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from gateway.nevisidm import catalogue

_WORD = re.compile(r"[-_](\w)")


@dataclass(frozen=True, slots=True)
class Collection:
    """One of nevisIDM's collections: its word, the path of one record, that of the list, the holes of what it stands below."""

    word: str
    one: str
    many: str | None
    parents: tuple[str, ...]

    @property
    def record(self) -> str:
        """A name for one record: `units` is `unit`, `oath-credentials` is `oathCredential`."""
        singular = re.sub(r"(?<=[^s])s$", "", re.sub(r"ies$", "y", self.word))
        return _WORD.sub(lambda found: found[1].upper(), singular)

    @property
    def fields(self) -> tuple[str, ...]:
        """What nevisIDM shows of one, in the catalogue's order."""
        return catalogue.reply_fields("GET", self.one)


def collections() -> dict[str, Collection]:
    """The collections that can be begun with, by their words: of which one record can be read by its extId, of all or of each user."""
    found: dict[str, Collection] = {}
    paths = [each.partition(" ")[2] for each in catalogue.paths() if each.startswith("GET /core/")]
    for path in sorted(paths, key=lambda each: each.count("/")):
        above, _, word = path.removesuffix("/{}").rpartition("/")
        if not path.endswith("/{}") or not word.isascii() or word == "{}":
            continue
        if "extId" not in catalogue.reply_fields("GET", path):
            continue
        parents = tuple(_parents(above))
        if parents not in ((), ("userExtId",)):
            continue  # nothing lists all of these
        lists = (f"{above}/{word}", f"/core/v1/clients/{{}}/{word}")
        many = next((each for each in lists if catalogue.find("GET", each) is not None), None)
        found.setdefault(word, Collection(word, path, many, parents))
    return found


def _parents(above: str) -> Iterator[str]:
    """The fields that name what a collection stands below: `userExtId` for `/core/v1/{}/users/{}/mtans`."""
    segments = above.split("/")
    for before, segment in pairwise(segments):
        if segment == "{}" and before != "v1":
            yield f"{re.sub(r's$', '', before)}ExtId"
