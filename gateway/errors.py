"""Everything that can go wrong, once: the exception tree and the table of codes.

    GatewayError
    ├── ConfigError      GW0xx  settings or mappings; the program does not start (or keeps the old mappings)
    ├── ScimError               one request fails with a SCIM Error; `code` says which row of the table
    │   ├── BadRequest   GW1xx  the request is wrong
    │   ├── Unsupported  GW2xx  understood, but the mapping or this nevisIDM cannot serve it
    │   ├── Denied       GW3xx  the caller is not known or not allowed
    │   ├── Refused      GW4xx  nevisIDM said no
    │   ├── Unavailable  GW5xx  nevisIDM did not answer properly
    │   └── Fault        GW9xx  our bug

An instance carries what a client may read: `detail` (with a cure), `status`, `scim_type`, `message_id`, `data`. What only an operator may
read (nevisIDM's own code, the call's name) goes into `log`. Filter values, secrets and personal data belong in neither.
Each code has a page in docs/errors.md; a test holds the table and the page together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Code:
    """One row: default status, scimType (RFC 7644 table 9), IDCS messageId, meaning and cure (for the docs page)."""

    code: str
    status: int
    scim_type: str | None
    message_id: str | None
    meaning: str
    cure: str


def _code(
    code: str, status: int, scim_type: str | None, message_id: str | None, meaning: str, cure: str
) -> tuple[str, Code]:
    return code, Code(code, status, scim_type, message_id, meaning, cure)


_V = "error.common.validation."
_C = "error.common.common."

CODES: Mapping[str, Code] = dict(
    (
        # GW0xx: configuration and start
        _code("GW001", 500, None, None, "A setting is unknown or has an impossible value.", "Correct the setting named in the message."),
        _code("GW002", 500, None, None, "A mapping file has errors.", "Run `scim-nevisidm lint`; each finding names file, line and cure."),
        _code("GW003", 500, None, None, "The gateway could not start.", "Read the message: a port in use, a file not readable."),
        # GW1xx: the request
        _code("GW101", 400, "invalidSyntax", _V + "invalidSyntax", "The body is not JSON, or not an object.", "Send one JSON object."),
        _code("GW102", 415, None, _C + "unsupportedMediaType", "The body's media type is not JSON.", "Send application/json or application/scim+json."),
        _code("GW103", 413, "tooLarge", _C + "payloadTooLarge", "The body is larger than the limit.", "Split the request."),
        _code("GW104", 400, "invalidFilter", _V + "invalidFilter", "The filter cannot be read.", "See the position in the message; RFC 7644 section 3.4.2.2."),
        _code("GW105", 400, "invalidFilter", _V + "invalidFilter", "The filter names an attribute that the resource type does not have.", "Look the attribute up in /Schemas."),
        _code("GW106", 400, "invalidFilter", _V + "invalidFilter", "The operator does not suit the attribute's type.", "Use eq, ne or pr on booleans; give the value in the attribute's type."),
        _code("GW107", 400, "invalidFilter", _V + "invalidFilter", "The filter is too long, has too many terms or is nested too deeply.", "Ask in several requests."),
        _code("GW108", 400, "invalidPath", _V + "invalidPath", "A path names an attribute that the resource type does not have.", "Look the attribute up in /Schemas."),
        _code("GW109", 400, "noTarget", _V + "noTarget", "A PATCH path selects no value.", "Read the resource and address a value that exists."),
        _code("GW110", 400, "mutability", _V + "mutability", "The attribute cannot be changed.", "Leave it out, or create the resource anew."),
        _code("GW111", 400, "invalidValue", _V + "invalidValue", "A value has the wrong type, length or form.", "Give the value as /Schemas describes it."),
        _code("GW112", 400, "invalidValue", _V + "missingReqAttributes", "A required attribute is missing.", "Send the attributes named in the message."),
        _code("GW113", 400, "invalidValue", _V + "invalidParameter", "A query parameter has an impossible value.", "Correct the parameter named in the message."),
        _code("GW114", 404, None, _C + "resourceNotFound", "There is no such resource.", "Search for it; ids never change."),
        _code("GW115", 404, None, _C + "endpointNotFound", "There is no such endpoint.", "See /ResourceTypes."),
        _code("GW116", 405, None, _C + "methodNotAllowed", "The endpoint does not offer this method.", "See the Allow header."),
        _code("GW117", 412, None, _C + "preconditionFailed", "The resource has changed since it was read.", "Read it again and repeat the change."),
        _code("GW118", 400, "invalidSyntax", _V + "nestingTooDeep", "The body is nested too deeply.", "SCIM resources need no more than ten levels."),
        _code("GW119", 400, "invalidSyntax", _V + "unknownAttribute", "The body has an attribute that the resource type does not have.", "Remove it, or map it."),
        _code("GW120", 414, "invalidFilter", _C + "uriTooLong", "The request line is longer than the limit.", "Use POST …/.search."),
        _code("GW121", 409, None, _C + "conflict", "A bulkId leads in a circle, or to an operation that failed.", "Correct that operation, and send it again with those that refer to it."),
        _code("GW122", 400, "invalidCursor", _V + "invalidCursor", "The cursor is not one of ours, or came with other parameters than before.", "Begin again without a cursor value, and leave every parameter but count as it was."),
        _code("GW123", 400, "expiredCursor", _V + "expiredCursor", "The cursor is too old.", "Begin again; `cursorTimeout` of /ServiceProviderConfig says how long one is good."),
        _code("GW124", 400, "invalidCount", _V + "invalidCount", "A page asked for by cursor must hold at least one resource.", "Send a count from 1 to maxPageSize of /ServiceProviderConfig, or none."),
        _code("GW125", 409, None, _C + "invalidRetryToken", "The opc-retry-token came with another request before.", "Use a new token for each request; keep it only to repeat that same request."),
        _code("GW126", 409, None, _C + "requestUnderWay", "The first request with this opc-retry-token has not ended yet.", "Repeat the request after Retry-After."),
        _code("GW127", 408, None, _C + "requestTimeout", "The body of the request did not come in time.", "Send it again, in one go."),
        # GW2xx: the mapping or this installation cannot
        _code("GW201", 400, "invalidFilter", _V + "notSearchable", "The attribute cannot be filtered or sorted on.", "Filter on another attribute."),
        _code("GW202", 400, "tooMany", _V + "tooMany", "Answering exactly would read more than the limit.", "Add a condition that nevisIDM can search, as the message says."),
        _code("GW203", 501, None, _C + "notImplemented", "The resource type does not offer this operation.", "See /ResourceTypes and the mapping."),
        _code("GW204", 501, None, _C + "notImplemented", "This nevisIDM release has no such call.", "Upgrade nevisIDM, or map another call."),
        _code("GW205", 500, None, _C + "ambiguous", "Where one record was expected, nevisIDM has several.", "Make `pick` of the mapping decisive."),
        _code("GW206", 400, "invalidValue", _V + "noPlace", "nevisIDM has no place for this value.", "See which types and slots the mapping offers."),
        _code("GW207", 501, None, _C + "notImplemented", "IDCS has such an endpoint; nothing in nevisIDM corresponds to it.", "Read the reason; /ResourceTypes lists what there is."),
        # GW3xx: the caller
        _code("GW301", 401, None, _C + "accessDenied", "No valid credentials came with the request.", "Send Authorization: Bearer <token>."),
        _code("GW302", 403, None, _C + "forbidden", "The caller may not do this.", "Ask for the right, or act on your own resource."),
        _code("GW303", 400, "invalidValue", _C + "selfServiceNotAllowed", "X-Token came with an operation that may not run as the caller.", "Leave X-Token out."),
        _code("GW304", 429, None, _C + "tooManyRequests", "The same subject was asked about too often.", "Wait as long as Retry-After says."),
        _code("GW305", 403, None, _C + "forbidden", "The address is for people with their own nevisIDM login, and a program's token came.", "Send the person's login, or use the resource's own address."),
        _code("GW306", 403, None, _C + "forbidden", "The caller is not bound to the tenant of this address.", "Use the address of the caller's own tenant."),
        _code("GW307", 429, None, _C + "tooManyRequests", "The caller asks more often than it may.", "Wait as long as Retry-After says; ask for more at once (.search, Bulk)."),
        _code("GW308", 429, None, _C + "tooManyRequests", "Too many logins have failed.", "Wait as long as Retry-After says, and check the password or secret."),
        # GW4xx: nevisIDM said no
        _code("GW401", 400, "invalidValue", _V + "invalidValue", "nevisIDM refused the value.", "Correct the attribute named in the message."),
        _code("GW402", 409, "uniqueness", _C + "duplicate", "A resource with this value exists already.", "Choose another value."),
        _code("GW403", 403, None, _C + "forbidden", "nevisIDM does not let the gateway do this.", "An operator finds the missing right in the log."),
        _code("GW404", 404, None, _C + "resourceNotFound", "nevisIDM knows no such record.", "Check the id."),
        _code("GW405", 400, "invalidValue", _V + "invalidReferenceResource", "A value refers to something that nevisIDM does not have.", "Correct the reference named in the message."),
        _code("GW406", 409, None, _C + "conflict", "Someone else changed the resource at the same time.", "Read it again and repeat the change."),
        _code("GW407", 400, "invalidValue", None, "The check failed, with the outcome in the detail.", "See the outcome."),
        # GW5xx: nevisIDM did not answer properly
        _code("GW501", 502, None, _C + "badGateway", "nevisIDM's answer could not be understood.", "An operator finds the call in the log."),
        _code("GW502", 502, None, _C + "badGateway", "nevisIDM refused the gateway's own login.", "Check the gateway's nevisIDM credentials."),
        _code("GW503", 503, None, _C + "unavailable", "nevisIDM cannot be reached or is overloaded.", "Try again after Retry-After."),
        _code("GW504", 504, None, _C + "timeout", "nevisIDM did not answer in time.", "Try again; reads are safe to repeat."),
        _code("GW505", 502, None, _C + "halfDone", "A change was begun and could neither be finished nor taken back.", "The detail names what is left; an operator repairs it."),
        _code("GW506", 502, None, _C + "unknownOutcome", "The reply to a call that must not be repeated was lost.", "Look before you try again."),
        _code("GW507", 500, None, _C + "upstreamFault", "nevisIDM reported a fault of its own.", "An operator finds its code in the log."),
        _code("GW508", 502, None, _C + "doneUnseen", "The change was made; only reading its result failed.", "Read the resource; do not repeat the change."),
        _code("GW509", 503, None, _C + "unavailable", "The gateway itself has too many requests under way.", "Try again after Retry-After."),
        _code("GW510", 503, None, _C + "unavailable", "What replicas share cannot be reached, so it is not known whether this opc-retry-token came before.", "Try again after Retry-After with the same token."),
        _code("GW511", 503, None, _C + "unavailable", "The change cannot be recorded, so it was not begun.", "An operator makes room for the audit log or the journal, or gives the right to write there."),
        # GW9xx: our bug
        _code("GW901", 500, None, _C + "internal", "The gateway has a fault.", "Report it with the request id."),
    )
)  # fmt: skip


class GatewayError(Exception):
    """The root."""


class ConfigError(GatewayError):
    """Settings or mappings are wrong. `findings` are complete messages, each with place and cure."""

    def __init__(self, *findings: str, code: str = "GW001") -> None:
        super().__init__("\n".join(findings))
        self.code = CODES[code]
        self.findings = findings


class ScimError(GatewayError):
    """A request fails. Everything but `log` may be shown to the client."""

    group: ClassVar[str] = "GW"

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        scim_type: str | None = None,
        message_id: str | None = None,
        data: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
        allow: tuple[str, ...] = (),
        log: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        row = CODES[code]
        self.code = row
        self.detail = detail
        self.status = status if status is not None else row.status
        self.scim_type = scim_type if scim_type is not None or status is not None else row.scim_type
        self.message_id = message_id if message_id is not None else row.message_id
        self.data = data
        self.retry_after = retry_after
        self.allow = allow
        self.log = dict(log or {})


class BadRequest(ScimError):
    """GW1xx: the request is wrong, and the client can mend it."""

    group = "GW1"


class Unsupported(ScimError):
    """GW2xx: the request is right, but the mapping or this nevisIDM cannot serve it."""

    group = "GW2"


class Denied(ScimError):
    """GW3xx: the caller is not known, or not allowed."""

    group = "GW3"


class Refused(ScimError):
    """GW4xx: nevisIDM said no, for a reason that concerns the client."""

    group = "GW4"


class Unavailable(ScimError):
    """GW5xx: nevisIDM did not answer, or not properly."""

    group = "GW5"


class Fault(ScimError):
    """GW9xx: our bug."""

    group = "GW9"
