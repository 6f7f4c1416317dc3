"""What nevisIDM says when it refuses: one exception, its ErrorDTO, and one function for each documented message.

The texts in double quotes are nevisIDM's own, word for word where a public page shows them (reference/nevisidm/errors.yaml); the others
are in the same manner. A violated policy carries the serialised Java exception that the real one sends, stack trace and supplied value
included: it is the bait by which a test proves that a gateway lets nothing of the kind leave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_PACKAGE = "ch.nevis.idm.policy"


@dataclass(frozen=True, slots=True)
class Violation:
    """One element of a policy that a value does not satisfy (PolicyViolationDTO)."""

    name: str
    config: str
    supplied: str
    limit: int
    actual: str

    def dto(self) -> dict[str, Any]:
        """The PolicyViolationDTO, the supplied value in it as nevisIDM sends it."""
        return {
            "displayName": self.name,
            "configString": self.config,
            "suppliedValue": self.supplied,
            "limitValue": self.limit,
            "actualValue": self.actual,
        }


class Problem(Exception):
    """A refusal with its status, code and message. `commit` keeps what the call has written so far (a failed login still counts)."""

    def __init__(
        self, status: int, code: str, message: str, violations: Sequence[Violation] = (), *, commit: bool = False
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.violations = tuple(violations)
        self.commit = commit

    def body(self) -> dict[str, Any]:
        """The ErrorDTO, with policyViolations and the serialised policyViolation when a policy was violated."""
        errors: dict[str, Any] = {"errors": [{"code": self.code, "message": self.message}]}
        if self.violations:
            errors["policyViolations"] = [violation.dto() for violation in self.violations]
            errors["policyViolation"] = _serialised(self.violations[0])
        return errors


def _serialised(violation: Violation) -> dict[str, Any]:
    """The PolicyElementViolation as Jackson writes a Java exception."""
    text = f"{_PACKAGE}.element.PolicyElementViolation<element={violation.name} limit={violation.limit}, actualValue={violation.actual}>"
    frames = [_frame("element.AbstractPolicyElement", "check", 87), _frame("PolicyImpl", "validate", 142)]
    return {
        "cause": {"stackTrace": frames, "message": text, "localizedMessage": text},
        "stackTrace": frames,
        "element": {
            "displayName": violation.name,
            "messageTag": f"policy.{violation.config.partition('=')[0]}",
            "infoTag": f"policy.{violation.config.partition('=')[0]}.info",
            "limitValue": violation.limit,
            "configString": violation.config,
        },
        "suppliedValue": violation.supplied,
        "actualvalue": violation.actual,
        "description": violation.name,
        "message": text,
        "suppressed": [],
        "localizedMessage": text,
    }


def _frame(name: str, method: str, line: int) -> dict[str, Any]:
    return {
        "classLoaderName": "app",
        "moduleName": None,
        "moduleVersion": None,
        "methodName": method,
        "fileName": f"{name.rpartition('.')[2]}.java",
        "lineNumber": line,
        "className": f"{_PACKAGE}.{name}",
        "nativeMethod": False,
    }


# 403: rights and data rooms


def right_missing(right: str) -> Problem:
    text = f"Permission denied: Caller does not have the required right '{right}' to perform this action"
    return Problem(403, "errors.insufficientRightsFunction", text)


def room_denied(right: str) -> Problem:
    return Problem(403, "errors.combinedDataroomDenied", f"Permission denied: {right}")


# 404: what the path names does not exist


def no_client(client: str) -> Problem:
    return _no_record(f"Client doesn't exist with extId '{client}'")


def no_user(user: str, client_name: str) -> Problem:
    return _no_record(f"A user with extId '{user}' doesn't exist on client with name {client_name}")


def no_profile(profile: str) -> Problem:
    return _no_record(f"Profile doesn't exist with extId '{profile}'")


def no_credential(user: str, kind: str) -> Problem:
    """A user has no credential of a type, which is named as in "SecurId"."""
    return _no_record(f"User with extId {user} has no {kind} credential")


def no_entity(kind: str, ext_id: str) -> Problem:
    """Any other entity, named as in "Unit"."""
    return _no_record(f"{kind} doesn't exist with extId '{ext_id}'")


def _no_record(message: str) -> Problem:
    return Problem(404, "errors.noRecord", message)


# 409: somebody else was quicker


def stale(status: int = 409) -> Problem:
    text = "The record was modified by another transaction, please reload it and try again."
    return Problem(status, "errors.optimisticLockingFailure", text)


# 422: a business rule


def invalid_parameter(message: str) -> Problem:
    return Problem(422, "errors.invalidParameter", message)


def unknown_state(state: str) -> Problem:
    return invalid_parameter(f"Invalid CredentialState name '{state}'")


def no_policy(policy: str) -> Problem:
    return invalid_parameter(f"PolicyConfiguration doesn't exist with extId '{policy}'")


def wrong_policy(policy: str, kind: str) -> Problem:
    return invalid_parameter(f"Policy Configuration {policy} is not of type {kind}")


def no_default_policy(kind: str) -> Problem:
    return invalid_parameter(f"Default Policy Configuration does not exist for type {kind}!")


def validity_in_self_service() -> Problem:
    return invalid_parameter("In self-service mode validity field must be empty")


def invalid_token(status: int = 422) -> Problem:
    return Problem(status, "errors.invalidJWTToken", "Invalid JWT token.")


def duplicate_credential(ext_id: str, status: int = 422) -> Problem:
    return Problem(status, "errors.duplicateName", f"A credential with this extId '{ext_id}' already exists")


def duplicate_identification(status: int = 422) -> Problem:
    return Problem(status, "errors.duplicateValue", "A Generic Credential already exists with the same identification.")


def duplicate_name(kind: str, field: str, value: str, status: int = 422) -> Problem:
    """As in "A user with this loginId 'mmuster' already exists"."""
    return Problem(status, "errors.duplicateName", f"A {kind} with this {field} '{value}' already exists")


def identifier_violated(actual: int, limit: int = 129) -> Problem:
    element = (
        f"{_PACKAGE}.element.PolicyElementViolation<element=Regex policy violation limit={limit}, actualValue={actual}>"
    )
    text = f"{_PACKAGE}.PolicyViolation: Policy failed:\n{element}"
    return Problem(422, "errors.identifierPolicyViolated", text)


def password_violated(violations: Sequence[Violation]) -> Problem:
    text = f"{_PACKAGE}.PolicyViolation: Policy failed:\n" + "\n".join(
        f"{_PACKAGE}.element.PolicyElementViolation<element={v.name} limit={v.limit}, actualValue={v.actual}>"
        for v in violations
    )
    return Problem(422, "errors.pwdPolicyViolated", text, violations)


def no_property(name: str) -> Problem:
    return Problem(422, "errors.invalidData", f"No property exists with the name '{name}' for the scope.")


def property_not_unique(scope: str, name: str, value: str) -> Problem:
    text = f"Property Uniqueness (uScope is '{scope}') constraints violated by value '{value}' for property '{name}'."
    return Problem(422, "errors.propertyUniquenessViolated", text)


def property_too_long(name: str) -> Problem:
    return Problem(422, "errors.property.stringmaxlen", name)


def property_mismatch(name: str) -> Problem:
    return Problem(422, "errors.property.stringregex", name)


def property_not_allowed(name: str, value: str) -> Problem:
    return Problem(422, "errors.invalidData", f"The value '{value}' is not allowed for the property '{name}'.")


def rule(code: str, message: str, status: int = 422) -> Problem:
    """Any other business rule; `code` without its "errors." prefix."""
    return Problem(status, f"errors.{code}", message)
