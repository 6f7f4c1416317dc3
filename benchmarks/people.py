"""People with every attribute filled, as a directory in use has them: what a user costs depends on how much of one there is."""

from __future__ import annotations

from typing import Any

from benchmarks.asking import Ask

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"


def person(number: int) -> dict[str, Any]:
    """A new user."""
    name = f"person{number:04}"
    return {
        "schemas": [USER, NEVIS],
        "externalId": f"hr-{number:06}",
        "userName": name,
        "name": {"givenName": f"Given{number}", "familyName": f"Müller-{number % 7}"},
        "displayName": f"Given{number} Müller-{number % 7}",
        "title": f"Engineer {number % 5}",
        "timezone": "Europe/Zurich",
        "preferredLanguage": "de",
        "active": True,
        "emails": [{"type": "work", "primary": True, "value": f"{name}@example.org"}],
        "phoneNumbers": [
            {"type": "work", "value": "+41 44 111 22 33"},
            {"type": "mobile", "value": "0041 79 111 22 33"},
            {"type": "fax", "value": "+41 44 111 22 34"},
        ],
        "addresses": [
            {
                "type": "work",
                "streetAddress": f"Bahnhofstrasse {number}",
                "locality": "Zürich",
                "postalCode": "8001",
                "country": "CH",
            }
        ],
        NEVIS: {"validFrom": "2024-01-01T00:00:00.000Z", "validTo": "2044-01-01T00:00:00.000Z"},
    }


def joining(number: int) -> Ask:
    """The request that makes the user."""
    return Ask("POST", "/scim/v2/Users", body=person(number))
