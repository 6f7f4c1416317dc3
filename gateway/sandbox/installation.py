"""A ready-made nevisIDM: the clients, units, policies, property definitions, applications, roles and enterprise roles it comes with.

Clients as Nevis ID ships them: Default (100, end users), API (30, technical accounts), Admin (60). Everything is data in this file, so that
the sample people, the shipped mappings and the tests can rely on its names. extIds of applications, roles and enterprise roles are their
names in lower case.
"""

from collections.abc import Mapping
from typing import Any

from .definitions import define
from .store import Store
from .table import APPLICATIONS, CLIENTS, EROLES, POLICIES, ROLES, TERMS, UNITS

CLIENT_NAMES = {"100": "Default", "30": "API", "60": "Admin"}

# by extId: the parent, the name, more
UNIT_TREE: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "root": ("", "Default", {}),
    "sales": ("root", "Sales", {"location": "Zürich"}),
    "sales-emea": ("sales", "Sales EMEA", {"location": "Genève"}),
    "it": ("root", "Information Technology", {"location": "Bern"}),
    "hr": ("root", "Human Resources", {"location": "Zürich"}),
    "legacy": ("root", "Legacy", {"state": "disabled"}),
    "board": ("root", "Board", {"profileless": True}),
}

# policyType: parameters of the default policy; client 100. Other clients have the same with their own ClientPolicy.
DEFAULT_POLICIES: Mapping[str, Mapping[str, str]] = {
    "ClientPolicy": {},
    "PwdPolicy": {"minLength": "8", "allowLoginIdInPassword": "false"},
    "DevicePasswordPolicy": {"minLength": "32"},
    "GenericCredentialPolicy": {},
    **{
        f"{kind}Policy": {}
        for kind in ("Certificate", "Oath", "OTPCard", "TAN", "Ticket", "URLTicket", "SAMLFederation")
    },
    **{f"{kind}Policy": {} for kind in ("TempStrongPassword", "PUK", "MobileSignature", "SecurityQuestions", "Vasco")},
}
RELAXED = {f"validation.user.{name}.mandatory": "false" for name in ("name", "firstname", "email")}

# what an operator defined for the gateway: attributes of SCIM that a nevisIDM user has no field for
NAMED_FOR_SCIM = (
    *("middleName", "honorificSuffix", "nickName", "profileUrl", "userType", "locale", "photoUrl", "photoThumbnailUrl"),
    *("emailHome", "emailOther", "emailRecovery", "phoneHome", "phonePager", "phoneOther", "phoneRecovery"),
    *(
        "imAim",
        "imGtalk",
        "imIcq",
        "imXmpp",
        "imMsn",
        "imSkype",
        "imQq",
        "imYahoo",
        "addressFormatted",
        "addressRegion",
    ),
    *("homeFormatted", "homeStreetAddress", "homeLocality", "homeRegion", "homePostalCode", "homeCountry"),
    *("otherFormatted", "otherStreetAddress", "otherLocality", "otherRegion", "otherPostalCode", "otherCountry"),
    *("employeeNumber", "costCenter", "organization", "division", "manager"),
    *("isFederatedUser", "provider", "creationMechanism", "gidNumber", "gecos", "homeDirectory", "loginShell"),
)
FOR_SCIM: Mapping[str, Mapping[str, Any]] = {
    "scimExternalId": {"stringMaxLen": 255, "uniquenessScope": "inClient"},
    "displayName": {"stringMaxLen": 200},
    "scimGroup": {"stringMaxLen": 129},
    "jobTitle": {"stringMaxLen": 100},
    "timezone": {"stringMaxLen": 64, "stringRegex": r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*"},
    "department": {"stringMaxLen": 100},
    "uidNumber": {"uniquenessScope": "inClient"},
    **{name: {} for name in NAMED_FOR_SCIM},
}

# scope: {name: more}; STRING unless more says otherwise
DEFINED: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "USER_GLOBAL": {
        **FOR_SCIM,
        "employee_id": {
            "stringMaxLen": 20,
            "stringRegex": r"[0-9]{1,20}",
            "uniquenessScope": "absolute",
            "_classifications": ["internal"],
        },
        "costCentre": {"stringMaxLen": 20, "_classifications": ["internal", "finance"]},
        "building": {"stringMaxLen": 100},
        "employmentType": {"type": "ENUM", "allowedValues": ["internal", "external", "trainee"]},
    },
    "PROFILE_GLOBAL": {
        "employee_id": {
            "stringMaxLen": 20,
            "stringRegex": r"[0-9]+",
            "uniquenessScope": "absolute",
            "_classifications": ["internal"],
        },
        "costCentre": {"stringMaxLen": 20, "_classifications": ["internal", "finance"]},
        "function": {"stringMaxLen": 100},
        "workPlace": {"stringMaxLen": 100},
        "signingRight": {"type": "ENUM", "allowedValues": ["none", "single", "joint"]},
    },
    "CREDENTIAL_GENERIC_GLOBAL": {
        "dbPassword": {"stringMaxLen": 1000, "_classifications": ["secret"]},
        "dbSalt": {"stringMaxLen": 1000, "_classifications": ["secret"]},
        "dbMixedPassword": {"stringMaxLen": 1000, "_classifications": ["secret"]},
        "dbMixedSalt": {"stringMaxLen": 1000, "_classifications": ["secret"]},
        "secretVerifier": {"stringMaxLen": 1000, "_classifications": ["secret"]},
        "secretSalt": {"stringMaxLen": 1000, "_classifications": ["secret"]},
        "apiKey": {},
        "description": {"stringMaxLen": 1000},
        "employee_id": {"stringMaxLen": 20, "stringRegex": r"[0-9]+", "uniquenessScope": "absolute"},
        "system": {"stringMaxLen": 100},
        "note": {},
        "environment": {"type": "ENUM", "allowedValues": ["test", "production"]},
    },
    "CREDENTIAL_CERTIFICATE_GLOBAL": {"purpose": {"stringMaxLen": 100}, "device": {"stringMaxLen": 100}},
    "UNIT_GLOBAL": {"costCentre": {"stringMaxLen": 20}},
}

# application: its roles
APPLICATION_ROLES: Mapping[str, tuple[str, ...]] = {
    "nevisIdm": ("SelfAdmin", "AppOwner", "HelpDesk", "UserAdmin", "ClientRoot", "SoapTechAccess"),
    "Portal": ("Reader", "Editor", "Publisher"),
    "Payments": ("Viewer", "Approver"),
}

# enterprise role: the roles it bundles
BUNDLES: Mapping[str, tuple[str, ...]] = {
    "Employee": ("portal-reader",),
    "Accountant": ("portal-reader", "payments-viewer", "payments-approver"),
    "Communicator": ("portal-editor", "portal-publisher"),
}


# terms: the version in force, and more
AGREEMENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "terms-of-use": ("2", {"applicationExtIds": ["portal"]}),
    "privacy": ("1", {}),
    "newsletter": ("1", {"silentAcceptance": True}),
    "terms-of-2020": ("1", {"active": False}),
}


def install(store: Store) -> None:
    """Fills an empty store, in one transaction."""
    with store.transaction():
        for ext_id, name in CLIENT_NAMES.items():
            store.insert(CLIENTS, "", ext_id, {"extId": ext_id, "name": name, "displayName": _names(name)})
            _install_policies(store, ext_id, DEFAULT_POLICIES["ClientPolicy"] if ext_id == "100" else RELAXED)
        for ext_id, (parent, name, more) in UNIT_TREE.items():
            _install_unit(store, "100", ext_id, parent, name, more)
        for client in ("30", "60"):
            _install_unit(store, client, "root", "", CLIENT_NAMES[client], {})
        for scope, properties in DEFINED.items():
            for name, more in properties.items():
                define(store, {"name": name, "type": "STRING", "scope": scope, **more})
        _install_roles(store)
        _install_terms(store)


def _install_policies(store: Store, client: str, client_parameters: Mapping[str, str]) -> None:
    for kind, parameters in {**DEFAULT_POLICIES, "ClientPolicy": client_parameters}.items():
        ext_id = f"{client}-{kind}"
        doc = {
            "extId": ext_id,
            "policyType": kind,
            "name": f"Default {kind}",
            "defaultPolicy": True,
            "clientExtId": client,
        }
        store.insert(POLICIES, client, ext_id, {**doc, "parameters": dict(parameters)})


def _install_unit(store: Store, client: str, ext_id: str, parent: str, name: str, more: Mapping[str, Any]) -> None:
    way = [ext_id]
    while client == "100" and (above := UNIT_TREE[way[0]][0]):
        way.insert(0, above)
    doc = {"extId": ext_id, "clientExtId": client, "name": name, "state": "active", "profileless": False}
    if parent:
        doc["parentUnitExtId"] = parent
    made = {**doc, "hierarchicalName": "/".join(way), "displayName": _names(name), **more}
    store.insert(UNITS, client, ext_id, made, parent=parent)


def _install_roles(store: Store) -> None:
    for application, roles in APPLICATION_ROLES.items():
        owner = application.lower()
        doc = {"extId": owner, "name": application, "displayed": True, "displayName": _names(application)}
        store.insert(APPLICATIONS, "", owner, doc)
        for role in roles:
            ext_id = f"{owner}-{role.lower()}"
            of = {"applicationExtId": owner, "applicationName": application}
            store.insert(ROLES, "", ext_id, {"extId": ext_id, "name": role, **of}, parent=owner)
    for name, bundled in BUNDLES.items():
        doc = {"extId": name.lower(), "clientExtId": "100", "name": name, "displayName": _names(name)}
        store.insert(EROLES, "100", name.lower(), {**doc, "_roles": list(bundled)})


def _install_terms(store: Store) -> None:
    for ext_id, (version, more) in AGREEMENTS.items():
        urls = {language: f"https://terms.example.org/{ext_id}/{language.lower()}" for language in ("EN", "DE")}
        doc = {
            "extId": ext_id,
            "name": ext_id.replace("-", " ").capitalize(),
            "active": True,
            "silentAcceptance": False,
        }
        store.insert(TERMS, "100", ext_id, {**doc, "termsVersion": version, "urls": urls, **more})


def _names(name: str) -> dict[str, str]:
    return dict.fromkeys(("EN", "DE", "FR", "IT"), name)
