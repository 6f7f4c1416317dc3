"""R: the smallest gateway that answers two of the requests, written straight down by hand for exactly this mapping.

It admits everybody, plans, checks, logs and understands nothing; a test holds that it answers as the gateway does. What the gateway costs
more than this is the price of everything else it promises.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.nevisidm.engine import Engine, Timeouts

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
MEDIA_TYPE = "application/scim+json"
HEADERS = {"Accept": "application/json", "Authorization": "Bearer reference"}
PATIENCE = Timeouts()


def reference(engine: Engine, root: str) -> Starlette:
    """The application; `root` is nevisIDM's API root with its client to come."""

    async def one(request: Request) -> Response:
        person = quote(request.path_params["id"], safe="")
        found = await engine.exchange("GET", f"{root}/core/v1/100/users/{person}", HEADERS, None, PATIENCE)
        return _answer(
            user(orjson.loads(found.body), f"{request.url.scheme}://{request.headers['host']}/scim/v2/Users/")
        )

    async def page(request: Request) -> Response:
        start, count = int(request.query_params["startIndex"]), int(request.query_params["count"])
        query = f"limit={count}&offset={start - 1}&returnTotalResultCount=true"
        found = await engine.exchange("GET", f"{root}/core/v1/clients/100/users?{query}", HEADERS, None, PATIENCE)
        body = orjson.loads(found.body)
        base = f"{request.url.scheme}://{request.headers['host']}/scim/v2/Users/"
        shown = [user(each, base) for each in body["items"]]
        total = body["_pagination"]["totalResult"]
        message = {"schemas": [LIST], "totalResults": total, "Resources": shown, "startIndex": start}
        return _answer(message | {"itemsPerPage": len(shown)})

    return Starlette(routes=[Route("/scim/v2/Users/{id}", one), Route("/scim/v2/Users", page)])


def _answer(value: dict[str, Any]) -> Response:
    return Response(orjson.dumps(value), media_type=MEDIA_TYPE)


def user(stored: dict[str, Any], base: str) -> dict[str, Any]:
    """One user of the benchmark's people: all of whose attributes are there."""
    name, properties, contacts = stored["name"], stored["properties"], stored["contacts"]
    address, validity, language = stored["address"], stored["validity"], stored["languageCode"].lower()
    id_ = stored["extId"]
    return {
        "schemas": [USER, NEVIS],
        "id": id_,
        "externalId": properties["scimExternalId"],
        "userName": stored["loginId"],
        "name": {
            "givenName": name["firstName"],
            "familyName": name["familyName"],
            "formatted": f"{name['firstName']} {name['familyName']}",
        },
        "displayName": properties["displayName"],
        "title": properties["jobTitle"],
        "timezone": properties["timezone"],
        "preferredLanguage": language,
        "active": stored["userState"] == "active",
        NEVIS: {"validFrom": _instant(validity["from"]), "validTo": _instant(validity["to"])},
        "emails": [{"type": "work", "primary": True, "value": contacts["email"]}],
        "phoneNumbers": [
            {"type": "work", "value": contacts["telephone"]},
            {"type": "mobile", "value": contacts["mobile"]},
            {"type": "fax", "value": contacts["telefax"]},
        ],
        "addresses": [
            {
                "type": "work",
                "streetAddress": address["addressline1"],
                "locality": address["city"],
                "postalCode": address["postalCode"],
                "country": address["countryCode"].upper(),
            }
        ],
        "meta": {
            "resourceType": "User",
            "created": _instant(stored["created"]),
            "lastModified": _instant(stored["lastModified"]),
            "version": f'W/"{stored["version"]}"',
            "location": base + quote(id_, safe=""),
        },
    }


def _instant(stored: str) -> str:
    return f"{stored[:-1]}.000Z"
