"""Requests to begin with: those of the five source documents, which `make demo` plays, too, and some that show what a plan can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ORACLE = "urn:ietf:params:scim:schemas:oracle:idcs:"
NEVIS_TYPES = "urn:ietf:params:scim:schemas:nevisidm:2.0:"


@dataclass(frozen=True, slots=True)
class Example:
    """One request, as it goes over the wire."""

    title: str
    method: str
    path: str
    body: Any = None


def documents() -> tuple[Example, ...]:
    """The five documents, in the order of the README."""
    authenticator = {"schemas": [f"{ORACLE}PasswordAuthenticator"], "mappingAttribute": "userName"}
    return (
        Example(
            "1. IDCS: search UserDbCredentials",
            "GET",
            "/admin/v1/UserDbCredentials?filter=user.value+eq+%22u-1001%22&sortBy=id&sortOrder=descending",
        ),
        Example(
            "2a. IDCS: PasswordAuthenticator, with memberships",
            "POST",
            "/admin/v1/PasswordAuthenticator",
            {
                **authenticator,
                "mappingAttributeValue": "bjensen",
                "password": "Welcome-1001",
                "includeMemberships": True,
            },
        ),
        Example(
            "2b. IDCS: PasswordAuthenticator, wrong password",
            "POST",
            "/admin/v1/PasswordAuthenticator",
            {**authenticator, "mappingAttributeValue": "bjensen", "password": "not-this-one"},
        ),
        Example(
            "3. nevisIDM: create a generic credential",
            "POST",
            "/admin/v1/UserGenericCredentials",
            {
                "schemas": [f"{NEVIS_TYPES}UserGenericCredentials"],
                "user": {"value": "u-1002"},
                "identification": "door-badge-4711",
                "state": "active",
                "validity": {"to": "2030-12-31T23:59:59Z"},
                "properties": {"description": "main entrance"},
            },
        ),
        Example(
            "4. nevisIDM: delete a SecurID credential", "DELETE", "/admin/v1/UserSecurIdCredentials/u-1001~~securid"
        ),
        Example(
            "5. nevisIDM: update profile properties",
            "PATCH",
            f"/admin/v1/Users/u-1001?attributes=userName,{NEVIS}:profile",
            {
                "schemas": [PATCH],
                "Operations": [{"op": "replace", "path": f"{NEVIS}:profile.costCentre", "value": "4711"}],
            },
        ),
    )


def searches() -> tuple[Example, ...]:
    """Requests that show what is pushed, what is checked here, and what decides it. Addresses as a person types them."""
    return (
        Example(
            "Search: partly pushed, the rest checked here",
            "GET",
            '/admin/v1/Users?filter=active eq true and (userName eq "bjensen" or name.familyName co "ens")&count=10',
        ),
        Example("Search: all pushed", "GET", '/scim/v2/Users?filter=userName eq "bjensen"'),
        Example(
            "Search: the index is asked roughly",
            "GET",
            '/scim/v2/Users?filter=(userName sw "b" or userName sw "c") and active eq true&sortBy=name.familyName&count=5',
        ),
        Example(
            "Search: an extension's attribute",
            "GET",
            '/scim/v2/Users?filter=nevis:unit eq "hr"&attributes=userName,nevis:unit',
        ),
        Example("Search: what the id says", "GET", '/scim/v2/Users?filter=id eq "u-1001" and active eq true'),
        Example("Read one, with what it costs", "GET", "/scim/v2/Users/u-1001"),
        Example("Read one, only what is needed", "GET", "/scim/v2/Users/u-1001?attributes=userName,emails"),
        Example("Members of a group", "GET", '/admin/v1/Groups?filter=displayName sw "E"&attributes=displayName'),
        Example(
            "Create a person, in one transaction",
            "POST",
            "/scim/v2/Users",
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": "zoe",
                "name": {"givenName": "Zoe", "familyName": "Top"},
                "emails": [{"value": "zoe@example.org", "type": "work", "primary": True}],
                "password": "Welcome-2026",
            },
        ),
        Example("Refused: a name that is misspelt", "GET", '/scim/v2/Users?filter=usrName eq "bjensen"'),
    )
