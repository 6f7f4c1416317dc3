"""Policies as the rules look them up: the one a credential names, the default of its type, the client's own; with documented defaults.

`parameters` is what the login endpoints read their locking rules from.
"""

from collections.abc import Mapping
from typing import Final

from . import problem
from .store import Row, Store
from .table import POLICIES

# README sections 2 and "Mandatory user fields"; names without a public spelling follow the same manner.
LOCKING: Final = {
    "tmpLockingThreshold": "2",
    "tmpLockingDuration": "60000",
    "tmpLockingMode": "strict",
    "maxCredFailureCount": "3",
    "credentialLifetime": "315360000000",
}
SECRET: Final = {
    "resetCodeEnabled": "false",
    "minLength": "8",
    "maxLength": "128",
    "minLowerCase": "0",
    "minUpperCase": "0",
    "minDigits": "0",
    "minSpecialChars": "0",
    "allowLoginIdInPassword": "true",
    "maxResetCount": "-1",
}
CLIENT: Final = {
    "validation.user.name.mandatory": "true",
    "validation.user.firstname.mandatory": "true",
    "validation.user.email.mandatory": "true",
    "validation.user.mobile.mandatory": "false",
    "validation.user.sex.mandatory": "false",
    "validation.user.country.mandatory": "false",
    "validation.user.mobile.unique": "false",
    "validation.user.email.unique": "false",
    "validation.user.phone.regex": "",
    "validation.user.gender.other": "true",
    "allowed.user.languages": "en,de,fr,it",
    "login.id.allowed.characters.version": "V2",
    "login.id.generator": "false",
}
DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "ClientPolicy": CLIENT,
    "PwdPolicy": {**LOCKING, **SECRET},
    "DevicePasswordPolicy": {**LOCKING, **SECRET, "minLength": "32"},
    "MobileSignaturePolicy": {**LOCKING, "msisdnRegex": r"\+?[0-9]{7,15}"},
    "OathPolicy": {**LOCKING, "secretReshareable": "false"},
    "CertificatePolicy": {**LOCKING, "checkValidity": "true"},
    "URLTicketPolicy": {**LOCKING, "urlPrefix": ""},
    "TempStrongPasswordPolicy": {**LOCKING, "passwordExposed": "true", "minLength": "12"},
    "PUKPolicy": {**LOCKING, "maxResetCount": "-1"},
    "SecurityQuestionsPolicy": {**LOCKING, "maxQuestions": "5"},
    **dict.fromkeys(("GenericCredentialPolicy", "OTPCardPolicy", "TANPolicy", "TicketPolicy"), LOCKING),
    **dict.fromkeys(("SAMLFederationPolicy", "VascoPolicy"), LOCKING),
}


def parameters(store: Store, client: str, kind: str, ext_id: str | None = None) -> Mapping[str, str]:
    """The parameters of a policy by extId, or of the default one of its kind, over the documented defaults."""
    row = store.find(POLICIES, client, ext_id) if ext_id else default(store, client, kind)
    return {**DEFAULTS.get(kind, LOCKING), **(row.doc.get("parameters", {}) if row else {})}


def number(rules: Mapping[str, str], name: str) -> int:
    """A parameter as a number; -1 (no limit) when it is none."""
    value = rules.get(name, "-1")
    return int(value) if value.lstrip("-").isdecimal() else -1


def default(store: Store, client: str, kind: str) -> Row | None:
    """The default policy of a kind for a client."""
    found = store.rows(POLICIES, "client = ? AND type = ? ORDER BY created, ext_id", (client, kind))
    return next((row for row in found if row.doc.get("defaultPolicy")), None)


def chosen(store: Store, client: str, kind: str, ext_id: str | None) -> Row:
    """The policy a credential is to have; the three documented refusals."""
    if ext_id is None:
        row = default(store, client, kind)
        if row is None:
            raise problem.no_default_policy(kind)
        return row
    row = store.find(POLICIES, client, ext_id)
    if row is None:
        raise problem.no_policy(ext_id)
    if row.doc["policyType"] != kind:
        raise problem.wrong_policy(ext_id, kind)
    return row
