"""Policy configurations: typed parameter maps of a client, one of each type the default one."""

from . import problem
from .box import Sandbox
from .document import Document, Shape, flag, given, text, words
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import change, check_free, identifier, mandatory, new_ext_id, save, shown
from .lookup import client_of, entity_of
from .policy import DEFAULTS, default, number
from .store import Row
from .table import CREDENTIALS, POLICIES

TYPES = (
    *("ClientPolicy", "PwdPolicy", "DevicePasswordPolicy", "GenericCredentialPolicy", "OTPCardPolicy", "TicketPolicy"),
    *("TempStrongPasswordPolicy", "CertificatePolicy", "TANPolicy", "VascoPolicy", "PUKPolicy", "URLTicketPolicy"),
    *("MobileSignaturePolicy", "SAMLFederationPolicy", "SecurityQuestionsPolicy", "OathPolicy", "ProfilePolicy"),
)
_PATCH = Shape(
    "PolicyConfigurationDTO",
    {"name": text(), "description": text(longest=1000), "defaultPolicy": flag, "parameters": words},
    frozenset({"created", "lastModified", "clientExtId", "policyType"}),
)
_CREATE = Shape(
    "PolicyConfigurationDTO",
    {"extId": identifier, "policyType": text(choices=TYPES), **_PATCH.fields},
    frozenset({"created", "lastModified", "clientExtId", "version"}),
)


def create(call: Call) -> Answer:
    client = client_of(call).ext_id
    values = given(_CREATE, call.document(), call.box.switches)
    kind, ext_id = mandatory(values, "policyType"), new_ext_id(call, values)
    check_free(call, POLICIES, "policy configuration", client, ext_id)
    if kind == "ClientPolicy" and call.box.store.rows(POLICIES, "client = ? AND type = ?", (client, kind)):
        raise problem.rule("pcyconf.multipleClientPolicy", "A client must have exactly one client policy.")
    doc = {"defaultPolicy": False, **values, "extId": ext_id, "clientExtId": client}
    _check_parameters(doc)
    _only_default(call, client, doc)
    call.box.store.insert(POLICIES, client, ext_id, doc)
    return call.created(client, "policies", ext_id)


def get(call: Call) -> Answer:
    return Answer(200, shown(call, _policy_of(call)))


def patch(call: Call) -> Answer:
    """Parameters are replaced as a whole."""
    row = _policy_of(call)
    _, doc = change(call, row, _PATCH, call.document())
    _check_parameters(doc)
    if doc.get("defaultPolicy") and not row.doc.get("defaultPolicy"):
        _only_default(call, row.client, doc)
    return Answer(200, shown(call, save(call, POLICIES, row, doc)))


def delete(call: Call) -> Answer:
    row = _policy_of(call)
    if row.doc.get("defaultPolicy"):
        raise problem.rule("deleteDefaultEntityFailure", "The default policy must not be deleted.")
    if call.box.store.rows(CREDENTIALS, "client = ? AND policy = ? LIMIT 1", (row.client, row.ext_id)):
        raise problem.rule("undeletedDependencies", "The policy is still used by credentials.")
    call.box.store.delete(POLICIES, row)
    return Answer(204)


def _policy_of(call: Call) -> Row:
    return entity_of(call, POLICIES, "PolicyConfiguration", client_of(call).ext_id, call.path["extId"])


def _only_default(call: Call, client: str, doc: Document) -> None:
    before = default(call.box.store, client, doc["policyType"])
    if doc.get("defaultPolicy") and before and before.ext_id != doc["extId"]:
        call.box.store.update(POLICIES, before, {**before.doc, "defaultPolicy": False})


def _check_parameters(doc: Document) -> None:
    """Names the sandbox knows for the type, whole numbers where numbers belong, and lengths that do not contradict each other."""
    kind, given_ones = doc["policyType"], doc.get("parameters", {})
    known = DEFAULTS.get(kind)
    for name, value in given_ones.items():
        if known is not None and name not in known:
            raise problem.rule("pcyconf.invalidParamName", f"Invalid parameter '{name}' for the policy type {kind}.")
        if known is not None and known[name].lstrip("-").isdecimal() and not value.lstrip("-").isdecimal():
            raise problem.rule("pcyconf.invalidParamValue", f"Invalid value for the parameter '{name}'.")
    rules = {**(known or {}), **given_ones}
    classes = sum(
        max(0, number(rules, name)) for name in ("minLowerCase", "minUpperCase", "minDigits", "minSpecialChars")
    )
    if 0 <= number(rules, "maxLength") < max(number(rules, "minLength"), classes):
        raise problem.rule("policyInconsistency", "The maximum length is below what the other parameters ask for.")


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The policies of endpoints.yaml."""
    many = f"{CORE}/{{clientExtId}}/policies"
    item = f"{many}/{{extId}}"
    return (
        Endpoint("policies.create", "POST", many, create, ("PolicyCreate",), since="2.79"),
        Endpoint("policies.get", "GET", item, get, ("PolicyView",), since="2.79"),
        Endpoint("policies.update", "PATCH", item, patch, ("PolicyModify", "PolicyView"), since="2.79"),
        Endpoint("policies.delete", "DELETE", item, delete, ("PolicyDelete",)),
    )
