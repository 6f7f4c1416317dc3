"""One row of the table of endpoints, the call it is asked to serve and the answer it gives.

A handler is a plain function `Call -> Answer`. By the time it runs the caller is authenticated and holds the endpoint's rights, and one
transaction is open: it commits when the handler returns and is rolled back when it raises a Problem. It never awaits anything, so calls
do not interleave. Modules with endpoints export `routes(box) -> Sequence[Endpoint]`; ids and paths are those of endpoints.yaml.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from . import problem
from .account import Account, full_name
from .box import Sandbox

CORE = "/nevisidm/api/core/v1"
AUTH = "/nevisidm/api/auth/v1"
QUERY = "/nevisidm/api/query/v1"
PRINCIPAL = "/nevisidm/api/principal/v1"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status, a JSON body (None: no body) and headers."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`rights` are asked for before the handler runs (the first names a data room refusal); `conditional` ones by the handler itself."""

    id: str
    method: str
    path: str
    handler: "Callable[[Call], Answer]"
    rights: Sequence[str] = ()
    conditional: Sequence[str] = ()
    self_admin: bool = False
    since: str = "2.71"
    served: Callable[[Sandbox], bool] = lambda _: True  # off: the path answers 404 with HTML, as if it did not exist


@dataclass(frozen=True, slots=True)
class Call:
    """A request after authentication and routing. `own` is set in self-admin mode: the caller acts on its own user without rights."""

    box: Sandbox
    account: Account
    endpoint: Endpoint
    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    root: str
    body: Any = None
    own: bool = False

    def document(self) -> Document:
        """The JSON object in the body; 422 when it is missing or something else."""
        if self.body is None:
            raise problem.rule("nullRequestBody", "The request body must not be null.")
        if not isinstance(self.body, dict):
            raise problem.rule("deserialization", "Cannot deserialize the request body: a JSON object is expected.")
        return self.body

    def may(self, *rights: str) -> bool:
        """Whether the caller holds all of these rights (or acts on itself)."""
        return self.own or all(self.account.may(right) for right in rights)

    def require(self, *rights: str) -> None:
        """403 errors.insufficientRightsFunction for the first right that is missing."""
        for right in rights:
            if not self.may(right):
                raise problem.right_missing(full_name(right))

    def deny_room(self) -> problem.Problem:
        """The 403 of a data room, naming the right the endpoint is about."""
        return problem.room_denied(full_name(self.endpoint.rights[0]))

    def created(self, *segments: str, body: Any = None, status: int = 201) -> Answer:
        """201 with the Location of a resource below core/v1; its segments may hold any character."""
        prefix = self.root if self.box.switches.location == "absolute" else ""
        path = "/".join((CORE, *(quote(segment, safe="") for segment in segments)))
        return Answer(status, body, {"Location": prefix + path})
