"""What an authorization reaches: its data rooms, each a list of clients, units, applications or enterprise roles.

The rights to see them are documented, the paths are a guess (gap 50) and there is none to change them. They stand in the authorization's
document under `_rooms`; sample people have some.
"""

from functools import partial

from .authorizations import authorization_of
from .box import Sandbox
from .condition import among
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import shown
from .listing import Listing, page, statement
from .table import APPLICATIONS, CLIENTS, EROLES, UNITS, Table

_ROOMS = (  # path segment, right, where they are, whether each client has its own
    ("units", "AuthorizationUnitView", UNITS, True),
    ("clients", "AuthorizationClientView", CLIENTS, False),
    ("applications", "AuthorizationApplView", APPLICATIONS, False),
    ("eroles", "AuthorizationEnterpriseRoleView", EROLES, True),
)


def list_of(name: str, table: Table, own: bool, call: Call) -> Answer:
    """The entities an authorization names; none where a flag as `unitGlobal` takes away the bound."""
    grant, listing = authorization_of(call), Listing(table)
    made = statement(call, listing, grant.client if own else "")
    made.add(among("ext_id", set(grant.doc.get("_rooms", {}).get(name, ()))))
    return page(call, listing, made, lambda row: shown(call, row))


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The four lists of endpoints.yaml."""
    grant = f"{CORE}/{{clientExtId}}/profiles/{{profileExtId}}/authorizations/{{extId}}"
    return tuple(
        Endpoint(
            *(
                f"authorizations.dataroom.{name}",
                "GET",
                f"{grant}/{name}",
                partial(list_of, name, table, own),
                (right,),
            ),
            served=lambda box: box.switches.authorization_rooms,
        )
        for name, right, table, own in _ROOMS
    )
