"""People out of nasty letters, and people who go on while the search index stays behind."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.sandbox.query_index import Index
from gateway.sandbox.table import USERS

LETTERS = [*list("aAbBeEéÉzZ ßſİıΣςσ0_9-.'\"\\*?%&[]()~^:"), "and", " or ", "😀", "é", "K", "null", "true"]


def strangers(chance: random.Random, count: int) -> Iterator[dict[str, Any]]:
    """People out of nasty letters, everything left out now and then."""

    def text(most: int = 6) -> str:
        return "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, most)))

    def some(**values: Any) -> dict[str, Any]:
        return {name: value for name, value in values.items() if chance.random() < 0.7}

    def when() -> str:
        day = datetime(2026, 1, 15, 10, tzinfo=UTC) + timedelta(seconds=chance.randint(-3, 3) * 86_400)
        return chance.choice([day.isoformat(), day.isoformat()[:-6] + "Z", day.date().isoformat() + "T00:00:00+02:00"])

    for number in range(count):
        yield {
            "extId": f"{chance.choice(['x', 'X', 'ü', 'x~', 'x:'])}{number}",
            "loginId": f"{text()}{number if chance.random() < 0.9 else ''}".strip() or f"n{number}",
            "userState": chance.choice(["active", "active", "disabled", "archived"]),
            "isTechnicalUser": chance.random() < 0.2,
            "languageCode": chance.choice(["EN", "de", "Fr"]),
            "name": {"familyName": text(), **some(firstName=text())},
            "contacts": {
                "email": f"{text(3)}{number}@Example.org",
                **some(telephone=chance.choice(["+41 44 1", "0041(0)44 1", text()]), mobile="079 11", telefax=text()),
            },
            "address": some(addressline1=text(), city=text(), postalCode=str(number % 7), countryCode="cH"),
            "validity": some(**{"from": when(), "to": when()}),
            "properties": some(
                displayName=text(), jobTitle=text(), timezone="Europe/Zurich", scimExternalId=f"{text()}{number}",
                employee_id=str(number), costCentre=f"CC-{number % 3}", department=text(),
                building=text(), manager=f"x{number % 5}", emailHome=text(3), nickName=text(), homeLocality=text(),
            ),
            "created": 1_700_000_000_000 + chance.randint(0, 9) * 500,
            "profiles": [
                {
                    "unitExtId": chance.choice(["it", "hr"]), "isDefaultProfile": place == 0,
                    "properties": some(costCentre=f"CC-{number % 3}", function=text()),
                    "authorizations": [{"roleExtId": "portal-reader"}] if chance.random() < 0.3 else [],
                }
                for place in range(chance.choice([0, 1, 1, 2]))
            ],
        }  # fmt: skip


def fall_behind(box: Any, seed: int) -> frozenset[str]:
    """The index stays as it is; the people go on: renamed, moved, disabled, deleted, new. Answers who is not known there as now."""
    Index(box.store).catch_up(box.now())
    box.switches = type(box.switches)(query_lag_seconds=3600)
    changed: set[str] = set()
    people = box.store.rows(USERS, "client = '100' ORDER BY ext_id")
    for place, row in enumerate(people):
        doc = json.loads(json.dumps(row.doc))
        match place % 6:
            case 0:
                doc["loginId"] += "New"
                doc["contacts"]["email"] = f"new.{place}@example.org"
            case 1:
                doc["name"] = dict(people[(place + 7) % len(people)].doc["name"])
            case 2:
                doc["userState"] = "disabled" if doc["userState"] == "active" else "active"
            case 3:
                doc["properties"] = {**doc["properties"], "displayName": "Changed", "costCentre": "CC-1"}
            case 4 if place % 12 == 4:
                box.store.delete(USERS, row)
                continue
            case _:
                continue
        box.store.update(USERS, row, doc)
        changed.add(row.ext_id)
    new = list(strangers(random.Random(seed), 5))
    box.store.add_users("100", new)
    return frozenset(changed | {person["extId"] for person in new})
