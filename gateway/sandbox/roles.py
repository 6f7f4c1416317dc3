"""Which roles somebody has: a profile's, directly and through enterprise roles, and (seen in client code only) those of all of a user's."""

from collections.abc import Sequence

from .box import Sandbox
from .condition import among
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import shown
from .listing import Listing, page, statement
from .lookup import profile_of, user_of
from .store import Row
from .table import AUTHORIZATIONS, EAUTHORIZATIONS, EROLES, PROFILES, ROLES

_ROLES = Listing(ROLES)


def of_profile(call: Call) -> Answer:
    return _page(call, [profile_of(call)])


def of_user(call: Call) -> Answer:
    """In the list wrapper or, by the switch, as a bare array."""
    user = user_of(call)
    answer = _page(call, call.box.store.children(PROFILES, user.client, user.ext_id))
    return Answer(200, answer.body["items"]) if call.box.switches.user_roles == "array" else answer


def _page(call: Call, profiles: Sequence[Row]) -> Answer:
    names = {name for profile in profiles for name in _names(call, profile)}
    made = statement(call, _ROLES, "")
    made.add(among("ext_id", names))
    return page(call, _ROLES, made, lambda row: shown(call, row))


def _names(call: Call, profile: Row) -> list[str]:
    store = call.box.store
    names = [grant.doc["roleExtId"] for grant in store.children(AUTHORIZATIONS, profile.client, profile.ext_id)]
    for grant in store.children(EAUTHORIZATIONS, profile.client, profile.ext_id):
        erole = store.find(EROLES, profile.client, grant.doc["enterpriseRoleExtId"])
        names += erole.doc.get("_roles", ()) if erole else ()
    return names


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Both lists of endpoints.yaml."""
    profile, user = f"{CORE}/{{clientExtId}}/profiles/{{profileExtId}}", f"{CORE}/{{clientExtId}}/users/{{userExtId}}"
    return (
        Endpoint("profiles.roles", "GET", f"{profile}/roles", of_profile, ("ProfileView",), self_admin=True),
        Endpoint(
            *("users.roles", "GET", f"{user}/roles", of_user, ("UserView",)),
            served=lambda box: box.switches.user_roles != "none",
        ),
    )
