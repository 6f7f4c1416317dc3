"""Property definitions: which properties exist and what their values must be. By REST only since 8.2605, before that an operator's."""

import re

from . import problem
from .box import Sandbox
from .condition import equal, holds
from .document import Document, Kind, Shape, flag, given, number, text, words
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import mandatory, shown
from .listing import Listing, page, statement
from .store import Store
from .table import CLIENTS, DEFINITIONS

SCOPES = (
    *(
        "APPLICATION_GLOBAL",
        "UNIT_GLOBAL",
        "PROFILE_GLOBAL",
        "PROFILE_FOR_APPLICATION_GLOBAL",
        "PROFILE_FOR_APPLICATION",
    ),
    *("ROLE_FOR_APPLICATION", "USER_GLOBAL", "ENTERPRISE_ROLE_GLOBAL", "CREDENTIAL_CERTIFICATE_GLOBAL"),
    *("CREDENTIAL_GENERIC_GLOBAL", "CREDENTIAL_MOBILE_SIGNATURE_GLOBAL", "CREDENTIAL_SAML_FEDERATION_GLOBAL"),
    "CREDENTIAL_SECURITY_QUESTIONS_GLOBAL",
)
UNIQUENESS = ("none", "inClient", "absolute")
_ACCESS = text(choices=("READ_WRITE", "READ_ONLY", "OFF"))


def _texts(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise problem.rule(
            "deserialization", f"Cannot deserialize the value of '{name}': an array of strings is expected."
        )
    return list(value)


_FLAGS: dict[str, Kind] = dict.fromkeys(("encrypted", "propagated", "mandatoryOnGui"), flag)
_CREATE = Shape(
    "PropertyDefinitionDTO",
    {
        "name": text(),
        "description": text(longest=1000),
        "type": text(choices=("STRING", "ENUM")),
        "scope": text(choices=SCOPES),
        **_FLAGS,
        "stringMaxLen": number,
        "stringRegex": text(),
        "accessCreate": _ACCESS,
        "accessModify": _ACCESS,
        "uniquenessScope": text(choices=UNIQUENESS),
        "clientExtId": text(),
        "applicationExtId": text(),
        "displayName": words,
        "allowedValues": _texts,
        "guiPrecedence": number,
    },
    frozenset({"created", "lastModified", "version", "propertyId"}),
)
_DEFAULTS = {"accessCreate": "READ_WRITE", "accessModify": "READ_WRITE", **dict.fromkeys(_FLAGS, False)}


def search(call: Call) -> Answer:
    """Definitions by scope, type, client and part of the name (without case)."""
    listing, asked = Listing(DEFINITIONS), dict(call.query)
    made = statement(call, listing, "", known=("scope", "type", "clientExtId", "applicationExtId", "name"))
    for name in ("scope", "type", "applicationExtId"):
        if asked.get(name):
            made.add(equal(f"json_extract(doc, '$.{name}')", asked[name]))
    if asked.get("clientExtId"):
        own = "COALESCE(json_extract(doc, '$.clientExtId'), ?) = ?"
        made.add(holds(own, asked["clientExtId"], asked["clientExtId"]))
    if asked.get("name"):
        made.add(holds("instr(fold(name), ?) > 0", asked["name"].lower()))
    return page(call, listing, made, lambda row: shown(call, row))


def get(call: Call) -> Answer:
    row = call.box.store.find(DEFINITIONS, "", call.path["propertyId"])
    if row is None:
        raise problem.no_entity("Property", call.path["propertyId"])
    return Answer(200, shown(call, row))


def create(call: Call) -> Answer:
    values = given(_CREATE, call.document(), call.box.switches)
    for name in ("name", "type", "scope"):
        mandatory(values, name)
    _check(call, values)
    return call.created("properties", str(define(call.box.store, values)))


def define(store: Store, values: Document) -> int:
    """Stores a definition, unchecked, under the next propertyId."""
    last = store.connection.execute("SELECT COALESCE(MAX(id), 0) FROM property_definitions").fetchone()[0]
    property_id = 1000 + int(last) + 1
    store.insert(DEFINITIONS, "", str(property_id), {**_DEFAULTS, **values, "propertyId": property_id})
    return property_id


def _check(call: Call, values: Document) -> None:
    if values["type"] == "ENUM" and not values.get("allowedValues"):
        raise problem.invalid_parameter("A property of type ENUM needs allowed values.")
    if values["type"] == "ENUM" and ("stringMaxLen" in values or "stringRegex" in values):
        raise problem.invalid_parameter(
            "A property of type ENUM has neither a maximum length nor a regular expression."
        )
    try:
        re.compile(values.get("stringRegex", ""))
    except re.error:
        raise problem.rule("property.regexinv", values["name"]) from None
    client = values.get("clientExtId")
    if client is not None and call.box.store.find(CLIENTS, "", client) is None:
        raise problem.invalid_parameter(f"Client doesn't exist with extId '{client}'")
    same = call.box.store.rows(DEFINITIONS, "client = '' AND scope = ? AND name = ?", (values["scope"], values["name"]))
    if any(row.doc.get("clientExtId") == client for row in same):
        raise problem.duplicate_name("property", "name", values["name"], call.box.switches.duplicate_status)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The property definitions of endpoints.yaml."""
    many, since = f"{CORE}/properties", "8.2605"
    return (
        Endpoint("properties.search", "GET", many, search, ("PropertyView",), since=since),
        Endpoint("properties.create", "POST", many, create, ("PropertyCreate",), since=since),
        Endpoint("properties.get", "GET", f"{many}/{{propertyId}}", get, ("PropertyView",), since=since),
    )
