"""A SCIM provider in memory, of any ability, that others change between its answers: what walks are held against."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateway.nevisidm.engine import EngineError, Exchange, Timeouts

START = datetime(2026, 1, 15, 10, 0, 0, tzinfo=UTC)
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_BEHIND = re.compile(r'id gt "([^"]*)"')
_SINCE = re.compile(r'meta\.lastModified ge "([^"]*)"')


def quiet(_: Directory) -> None:
    """Nobody changes anything."""


@dataclass
class Directory:
    """The engine of a connection to it. `able`: some of cursor, gt, dated, sort, claims to sort; `between` is called before each page."""

    able: frozenset[str]
    rows: dict[str, str] = field(default_factory=dict)  # id → userName
    dates: dict[str, datetime] = field(default_factory=dict)
    between: Callable[[Directory], None] = quiet
    troubles: list[Exchange | EngineError] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    answers: int = 0
    limit: int = 1000
    _walks: dict[str, list[str]] = field(default_factory=dict)

    def put(self, key: str, name: str = "") -> None:
        self.rows[key] = name or f"user-{key}"
        self.dates[key] = self.now

    def remove(self, key: str) -> None:
        self.rows.pop(key, None)
        self.dates.pop(key, None)

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.answers)

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        assert method == "GET", "a source is only read"
        assert body is None
        assert timeouts.read
        self.asked.append(url)
        self.logins.append(headers.get("Authorization", ""))
        if self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, EngineError):
                raise trouble
            return trouble
        self.answers += 1
        parts = urlsplit(url)
        name, _, key = parts.path.rpartition("/v2/")[2].partition("/")
        status, found = self._answer(name, key, dict(parse_qsl(parts.query)))
        return Exchange(status, {"date": format_datetime(self.now, usegmt=True)}, json.dumps(found).encode())

    async def aclose(self) -> None:
        """Nothing is open."""

    def _answer(self, name: str, key: str, query: dict[str, str]) -> tuple[int, Any]:
        if name == "ServiceProviderConfig":
            sorts = bool(self.able & {"sort", "claims to sort"})
            paging = {"cursor": "cursor" in self.able}
            return 200, {"pagination": paging, "filter": {"maxResults": self.limit}, "sort": {"supported": sorts}}
        if name == "ResourceTypes":
            return 200, {"totalResults": 1, "Resources": [{"id": "User", "schema": USER, "endpoint": "/Users"}]}
        if name != "Users":
            return 404, {}
        if key:
            return (200, self._shown(key)) if key in self.rows else (404, {})
        self.between(self)
        return self._listed(query)

    def _listed(self, query: dict[str, str]) -> tuple[int, Any]:
        ids = list(self.rows)
        if "sortBy" in query and "sort" in self.able:
            ids = sorted(ids, reverse=query.get("sortOrder") == "descending")
        text = query.get("filter", "")
        if (behind := _BEHIND.search(text)) is not None:
            if "gt" not in self.able:
                return 400, {"scimType": "invalidFilter"}
            ids = [each for each in ids if each > behind[1]]
        if (since := _SINCE.search(text)) is not None:
            if "dated" not in self.able:
                return 400, {"scimType": "invalidFilter"}
            ids = [each for each in ids if self.dates[each] >= datetime.fromisoformat(since[1])]
        count = min(int(query.get("count", "100")), self.limit)
        if "cursor" in query or ("cursor" in self.able and "startIndex" not in query and "sortBy" not in query):
            return self._by_cursor(ids, query.get("cursor", ""), count)
        start = int(query.get("startIndex", "1")) - 1
        page = ids[start : start + count]
        return 200, {"totalResults": len(ids), "Resources": [self._shown(each) for each in page]}

    def _by_cursor(self, ids: list[str], cursor: str, count: int) -> tuple[int, Any]:
        """A walk over those who were there at its beginning, less who has gone since."""
        left = self._walks.pop(cursor, None) if cursor else sorted(ids)
        if left is None:
            return 400, {"scimType": "invalidCursor"}
        page, rest = left[:count], left[count:]
        found: dict[str, Any] = {"Resources": [self._shown(each) for each in page if each in self.rows]}
        if rest:
            found["nextCursor"] = f"c{self.answers}"
            self._walks[found["nextCursor"]] = rest
        return 200, found

    def _shown(self, key: str) -> dict[str, Any]:
        meta = {"resourceType": "User", "lastModified": self.dates[key].isoformat().replace("+00:00", "Z")}
        return {"schemas": [USER], "id": key, "userName": self.rows[key], "meta": meta}
