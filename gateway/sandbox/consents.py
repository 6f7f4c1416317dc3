"""Terms and who has accepted them. Terms themselves have no call that makes them; the installation comes with some.

A consent is to a version of terms: when there is a new one, the terms are pending again. Terms with silent acceptance are never pending.
"""

from . import problem
from .box import Sandbox
from .clock import stamp
from .condition import among
from .document import Shape, given, text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import mandatory, shown
from .listing import Listing, page, statement
from .lookup import user_of
from .store import Row
from .table import CONSENTS, TERMS

_CREATE = Shape("ConsentDTO", {"termsExtId": text()}, frozenset())
_PENDING = Listing(TERMS)


def create(call: Call) -> Answer:
    """Accepts the present version of terms that are active; once."""
    user = user_of(call)
    if user.doc["userState"] == "archived":
        raise problem.rule("modifyArchivedUser", "An archived user must not be modified.")
    name = mandatory(given(_CREATE, call.document(), call.box.switches), "termsExtId")
    terms = call.box.store.find(TERMS, user.client, name)
    if terms is None or not terms.doc["active"]:
        raise problem.invalid_parameter(f"Terms doesn't exist with extId '{name}'")
    if _accepted(call, user, terms):
        raise problem.rule(
            "duplicateValue", "The user has accepted these terms already.", call.box.switches.duplicate_status
        )
    doc = {
        "termsExtId": name,
        "acceptanceDate": stamp(call.box.now()),
        "termsVersion": terms.doc["termsVersion"],
    }
    call.box.store.insert(CONSENTS, user.client, call.box.new_id(), doc, parent=user.ext_id)
    return call.created(user.client, "users", user.ext_id, "consents", name)


def list_of_user(call: Call) -> Answer:
    """A bare array, as no other list."""
    user = user_of(call)
    return Answer(200, [row.doc for row in call.box.store.children(CONSENTS, user.client, user.ext_id)])


def pending(call: Call) -> Answer:
    """Active terms whose present version the user has not accepted."""
    user = user_of(call)
    every = call.box.store.rows(TERMS, "client = ?", (user.client,))
    asked = [row for row in every if row.doc["active"] and not row.doc["silentAcceptance"]]
    made = statement(call, _PENDING, user.client)
    made.add(among("ext_id", {row.ext_id for row in asked if not _accepted(call, user, row)}))
    return page(call, _PENDING, made, lambda row: shown(call, row))


def _accepted(call: Call, user: Row, terms: Row) -> bool:
    given_ones = call.box.store.children(CONSENTS, user.client, user.ext_id)
    return (terms.ext_id, terms.doc["termsVersion"]) in {
        (row.doc["termsExtId"], row.doc["termsVersion"]) for row in given_ones
    }


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Consents and terms of endpoints.yaml."""
    user = f"{CORE}/{{clientExtId}}/users/{{userExtId}}"
    return (
        Endpoint("consents.create", "POST", f"{user}/consents", create, ("ConsentCreate",), since="2.75.1"),
        Endpoint("consents.list", "GET", f"{user}/consents", list_of_user, ("ConsentView",), since="2.83"),
        Endpoint(
            "terms.pending", "GET", f"{user}/terms-pending", pending, ("ConsentView", "TermsView"), since="2.75.1"
        ),
    )
