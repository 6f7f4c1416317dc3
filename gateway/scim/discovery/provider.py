"""/ServiceProviderConfig (RFC 7643 section 5, RFC 9865 section 4): only what exists is called supported.

What the mappings make possible is read from the types; what the gateway itself can do beyond that is an `Offer`, which grows with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.scim.dialect import Dialect
from gateway.scim.discovery.own import PROVIDER
from gateway.scim.request import Resource
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr

_BEARER: Resource = {
    "type": "oauthbearertoken",
    "name": "OAuth Bearer Token",
    "description": "Send Authorization: Bearer <token>.",
    "specUri": "https://www.rfc-editor.org/info/rfc6750",
    "primary": True,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What the gateway does whatever the types are. `bulk_operations` 0: no bulk; `cursor`: RFC 9865 cursors, good for `cursor_seconds`."""

    bulk_operations: int = 0
    bulk_bytes: int = 0
    cursor: bool = False
    cursor_seconds: int | None = None


def service_provider_config(
    types: Mapping[str, ResourceType], dialect: Dialect, base: str, offer: Offer | None = None
) -> Resource:
    """The one ServiceProviderConfig of an address."""
    given = offer or Offer()
    verbs = frozenset(verb for kind in types.values() for verb in kind.verbs)
    searches = "search" in verbs
    return {
        "schemas": [PROVIDER],
        "patch": {"supported": "modify" in verbs},
        "bulk": {
            "supported": given.bulk_operations > 0,
            "maxOperations": given.bulk_operations,
            "maxPayloadSize": given.bulk_bytes,
        },
        "filter": {"supported": searches, "maxResults": dialect.max_count if searches else 0},
        "changePassword": {"supported": any(map(_changes_passwords, types.values()))},
        "sort": {"supported": searches},
        "etag": {"supported": any(map(_has_versions, types.values()))},
        "authenticationSchemes": [dict(_BEARER)],
        "pagination": _pagination(dialect, given),
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def _pagination(dialect: Dialect, offer: Offer) -> Resource:
    told: Resource = {
        "cursor": offer.cursor,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": dialect.default_count,
        "maxPageSize": dialect.max_count,
    }
    return told if offer.cursor_seconds is None else told | {"cursorTimeout": offer.cursor_seconds}


def _changes_passwords(kind: ResourceType) -> bool:
    password = kind.core.get("password")
    changes = bool(kind.verbs & {"replace", "modify"}) and "act" not in kind.verbs
    return changes and password is not None and password.mutability in ("readWrite", "writeOnly")


def _has_versions(kind: ResourceType) -> bool:
    return kind.attribute(Attr("meta", "version")) is not None
