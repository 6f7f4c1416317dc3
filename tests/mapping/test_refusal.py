"""What a client is told when nevisIDM refuses: decided by rows, in our words, with nothing of nevisIDM's in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import BadRequest, Denied, Refused, ScimError, Unavailable, Unsupported
from gateway.mapping.action import Action
from gateway.mapping.circumstance import Circumstance, matches, shared_row
from gateway.mapping.model import ErrorRow, Mapping, Mappings, When
from gateway.mapping.record import Place
from gateway.mapping.refusal import tell
from gateway.nevisidm.call import Refusal

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
CODES = dict.fromkeys(
    ("errors.duplicateName", "errors.noRecord", "errors.invalidData", "errors.tooManyOTPCards", "errors.odd"), (422,)
)
LINES = iter(range(1, 1000))


def row(when: When, status: int | None = None, scim_type: str | None = None, **more: Any) -> ErrorRow:
    return ErrorRow(when, Place("_errors.yaml", next(LINES)), status, scim_type, **more)


def coded(*codes: str, **more: Any) -> When:
    return When(codes=codes, **more)


def on(*http: str, **more: Any) -> When:
    return When(http=http, **more)


SHARED = (
    row(coded("errors.duplicate*"), 409, "uniqueness"),
    row(coded("errors.tooManyOTPCards"), 409),
    row(coded("errors.optimisticLockingFailure", if_match=True), 412),
    row(coded("errors.optimisticLockingFailure", if_match=False), 409),
    row(coded("errors.noRecord", http=("404",)), 404),
    row(
        coded("errors.noRecord", http=("422",)),
        400,
        "invalidValue",
        message_id="error.common.validation.invalidReferenceResource",
    ),
    row(coded("errors.insufficientRights"), 403, alarm=True),
    row(coded("errors.invalidJWTToken", as_self=True), 401),
    row(coded("errors.invalidJWTToken", as_self=False), 502, alarm=True),
    row(coded("errors.modifyReadonlyData"), 400, "mutability", attribute="userName"),
    row(coded("errors.property.stringmaxlen"), 400, "invalidValue", tell="property"),
    row(coded("errors.*PolicyViolated"), 400, "invalidValue", tell="rules", message_id="m.policy"),
    row(coded("errors.tooManySearchResults"), 400, "tooMany"),
    row(When(rest=True), 400, "invalidValue"),
    row(on("401", as_self=True), 401),
    row(on("401"), 502, alarm=True),
    row(on("404", json=False), 502, alarm=True),
    row(on("403", "404", "409", "415")),
    row(on("405"), 501),
    row(on("422"), 400),
    row(on("429", "503"), 503, retry_after="reply"),
    row(on("500"), 500, alarm=True),
    row(on("5xx", "broken"), 502),
    row(on("timeout"), 504),
    row(on("unreachable"), 503, retry_after=5),
    row(When(any=True), 502, alarm=True),
)


@pytest.fixture
def mappings() -> Mappings:
    return Mappings({}, SHARED, CODES)


Tell = Callable[..., Any]


@pytest.fixture
def told(user: Mapping, mappings: Mappings) -> Tell:
    def ask(refusal: Refusal, mapping: Mapping = user, **how: Any) -> Any:
        known = {"if_match": False, "as_self": False, "hole_from": None, **how}
        return tell(refusal, mapping, mappings, **known)

    return ask


def no(status: int, *codes: str, call: str = "user.update", **more: Any) -> Refusal:
    return Refusal(call, "http", status, codes=codes, json=True, **more)


@pytest.mark.parametrize(
    ("refusal", "kind", "code", "status", "scim_type", "message_id"),
    [
        (no(422, "errors.duplicateName"), Refused, "GW402", 409, "uniqueness", "error.common.common.duplicate"),
        (no(422, "errors.tooManyOTPCards"), Refused, "GW406", 409, None, "error.common.common.conflict"),
        (no(409, "errors.optimisticLockingFailure"), Refused, "GW406", 409, None, "error.common.common.conflict"),
        (no(404, "errors.noRecord"), Refused, "GW404", 404, None, "error.common.common.resourceNotFound"),
        (no(422, "errors.noRecord"), Refused, "GW405", 400, "invalidValue", "error.common.validation.invalidReferenceResource"),
        (no(403, "errors.insufficientRights"), Refused, "GW403", 403, None, "error.common.common.forbidden"),
        (no(422, "errors.invalidJWTToken"), Unavailable, "GW502", 502, None, "error.common.common.badGateway"),
        (no(422, "errors.modifyReadonlyData"), Refused, "GW401", 400, "mutability", "error.common.validation.mutability"),
        (no(422, "errors.tooManySearchResults"), Refused, "GW401", 400, "tooMany", "error.common.validation.tooMany"),
        (no(422, "errors.odd"), Refused, "GW401", 400, "invalidValue", "error.common.validation.invalidValue"),
        (no(401), Unavailable, "GW502", 502, None, "error.common.common.badGateway"),
        (Refusal("user.read", "http", 404), Unavailable, "GW501", 502, None, "error.common.common.badGateway"),
        (no(404), Refused, "GW404", 404, None, "error.common.common.resourceNotFound"),
        (no(415), Refused, "GW401", 415, None, "error.common.common.unsupportedMediaType"),
        (no(405), Unsupported, "GW204", 501, None, "error.common.common.notImplemented"),
        (no(422), Refused, "GW401", 400, "invalidValue", "error.common.validation.invalidValue"),
        (no(503, retry_after=7), Unavailable, "GW503", 503, None, "error.common.common.unavailable"),
        (no(500), Unavailable, "GW507", 500, None, "error.common.common.upstreamFault"),
        (no(507), Unavailable, "GW501", 502, None, "error.common.common.badGateway"),
        (Refusal("x", "broken", 200), Unavailable, "GW501", 502, None, "error.common.common.badGateway"),
        (Refusal("x", "timeout"), Unavailable, "GW504", 504, None, "error.common.common.timeout"),
        (Refusal("x", "unreachable"), Unavailable, "GW503", 503, None, "error.common.common.unavailable"),
        (no(418), Unavailable, "GW501", 502, None, "error.common.common.badGateway"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_each_refusal_is_told_by_its_row(
    told: Tell, refusal: Refusal, kind: type, code: str, status: int, scim_type: str | None, message_id: str
) -> None:
    error = told(refusal)
    assert type(error) is kind
    assert (error.code.code, error.status, error.scim_type, error.message_id) == (code, status, scim_type, message_id)
    assert error.detail.endswith(".")
    assert "{" not in error.detail


class TestWhichRow:
    def test_an_own_row_comes_before_a_shared_one(self, told: Tell, user: Mapping) -> None:
        own = replace(user, errors=(row(coded("errors.duplicateName"), 409, "uniqueness", attribute="emails"),))
        assert "emails" in told(no(422, "errors.duplicateName"), own).detail

    def test_even_one_by_status_before_a_shared_one_by_code(self, told: Tell, user: Mapping) -> None:
        own = replace(user, errors=(row(on("404", "422", json=True, call="login"), outcome="wrong"),))
        assert told(no(422, "errors.noRecord", call="login"), own) == "wrong"
        assert isinstance(told(no(422, "errors.noRecord"), own), ScimError)

    def test_a_code_decides_before_the_status(self, told: Tell) -> None:
        assert told(no(500, "errors.duplicateName")).status == 409

    def test_of_several_codes_the_first_with_a_row_of_its_own_counts(self, told: Tell) -> None:
        assert told(no(422, "errors.odd", "errors.tooManyOTPCards", "errors.duplicateName")).status == 409
        assert told(no(422, "errors.odd", "errors.tooManyOTPCards", "errors.duplicateName")).scim_type is None

    def test_the_rest_is_every_catalogue_code_that_no_row_names(self, mappings: Mappings) -> None:
        def where(refusal: Refusal) -> Any:
            return shared_row(refusal, mappings, Circumstance())

        assert where(no(500, "errors.odd")) == (SHARED[13], "errors.odd")
        assert where(no(500, "errors.noRecord"))[0].when.http == ("500",)  # named elsewhere: its status decides
        assert where(no(500, "errors.brandNew"))[0].when.http == ("500",)  # the catalogue does not know it

    @pytest.mark.parametrize(("if_match", "status"), [(True, 412), (False, 409)])
    def test_a_version_conflict_depends_on_if_match(self, told: Tell, if_match: bool, status: int) -> None:
        assert told(no(409, "errors.optimisticLockingFailure"), if_match=if_match).status == status

    def test_a_refused_login_is_the_callers_only_when_it_was_the_callers(self, told: Tell) -> None:
        error = told(no(422, "errors.invalidJWTToken"), as_self=True)
        assert (type(error), error.status) == (Denied, 401)
        assert told(no(401), as_self=True).status == 401
        assert told(no(401), as_self=False).status == 502

    def test_without_any_row_it_is_a_bad_gateway_and_an_alarm(self, user: Mapping) -> None:
        error = tell(no(418), user, Mappings({}, (), {}), if_match=False, as_self=False, hole_from=None)
        assert isinstance(error, Unavailable)
        assert (error.status, error.log["alarm"]) == (502, "true")

    def test_a_412_is_the_clients_precondition(self, told: Tell) -> None:
        error = told(no(409, "errors.optimisticLockingFailure"), if_match=True)
        assert (type(error), error.code.code) == (BadRequest, "GW117")

    @pytest.mark.parametrize(
        ("code", "patterns", "fits"),
        [
            ("errors.duplicateName", ("errors.duplicate*",), True),
            ("errors.pwdPolicyViolated", ("errors.*PolicyViolated",), True),
            ("errors.duplicateName", ("errors.duplicate",), False),
            ("errors.Duplicate", ("errors.duplicate*",), False),
        ],
    )
    def test_patterns_have_a_star_inside_and_mind_case(self, code: str, patterns: tuple[str, ...], fits: bool) -> None:
        assert matches(code, patterns) is fits


class TestHoles:
    def test_a_404_for_a_hole_from_the_body_is_a_bad_reference(self, told: Tell, credential: Mapping) -> None:
        refusal = no(404, "errors.noRecord", call="credential.create", holes=("client", "credential.userExtId"))
        error = told(refusal, credential, hole_from="body")
        assert (error.code.code, error.status, error.scim_type) == ("GW405", 400, "invalidValue")
        assert error.message_id == "error.common.validation.invalidReferenceResource"
        assert "user.value" in error.detail

    def test_one_from_the_id_is_a_404(self, told: Tell, credential: Mapping) -> None:
        refusal = no(404, "errors.noRecord", holes=("credential.userExtId",))
        assert told(refusal, credential, hole_from="id").status == 404

    def test_a_link_that_an_update_writes_into_its_path_is_a_reference(self, told: Tell) -> None:
        refusal = no(404, "errors.noRecord", call="unit.update", holes=("client", "profile.extId", "unit.unitExtId"))
        error = told(refusal, hole_from="id")
        assert (error.code.code, error.status) == ("GW405", 400)
        assert f"{NEVIS}:unit" in error.detail
        read = no(404, "errors.noRecord", call="unit.read", holes=("unit.unitExtId",))
        assert told(read, hole_from="id").status == 404

    def test_an_update_of_what_the_id_names_is_a_404(self, told: Tell, credential: Mapping) -> None:
        refusal = no(
            404, "errors.noRecord", call="credential.update", holes=("credential.userExtId", "credential.extId")
        )
        assert told(refusal, credential, hole_from="id").status == 404

    def test_an_html_404_is_never_a_reference(self, told: Tell, credential: Mapping) -> None:
        refusal = Refusal("credential.create", "http", 404, holes=("credential.userExtId",))
        assert told(refusal, credential, hole_from="body").status == 502

    def test_a_path_of_the_gateways_own_making_blames_no_attribute(self, told: Tell, credential: Mapping) -> None:
        assert told(no(404, holes=("client", "other.extId")), credential, hole_from="body").status == 404

    def test_an_own_row_is_stronger(self, told: Tell, credential: Mapping) -> None:
        own = replace(credential, errors=(row(coded("errors.noRecord"), 409),))
        refusal = no(404, "errors.noRecord", holes=("credential.userExtId",))
        assert told(refusal, own, hole_from="body").status == 409


class TestTelling:
    def test_the_attribute_is_named_as_a_client_writes_it(self, told: Tell, user: Mapping) -> None:
        own = replace(user, errors=(row(coded("errors.odd"), 400, attribute="nevis:unit"),))
        assert f"{NEVIS}:unit" in told(no(422, "errors.odd"), own).detail
        assert "userName" in told(no(422, "errors.modifyReadonlyData")).detail

    @pytest.mark.parametrize(
        ("call", "message", "named"),
        [
            ("properties.update", "manager", "manager.value"),
            ("user.update", " manager ", "manager.value"),
            ("properties.update", "costCentre", f"{NEVIS}:properties.costCentre"),
            ("profileProperties.update", "manager", f"{NEVIS}:profile.manager"),
            ("create", "number", "employeeNumber"),
            ("properties.update", "java.lang.String: manager", None),
            ("properties.update", "_secret", None),
            ("properties.update", "x" * 200, None),
            ("password.update", "manager", None),
        ],
    )
    def test_a_propertys_name_becomes_its_attribute_or_is_dropped(
        self, told: Tell, call: str, message: str, named: str | None
    ) -> None:
        code = "errors.property.stringmaxlen"
        error = told(no(422, code, call=call, words={code: message}))
        assert error.detail == f"nevisIDM refused {f'the value of {named}' if named else 'a value'}. " + (
            "Correct it and send the request again."
        )

    def test_rules_are_told_by_their_names_only(self, told: Tell) -> None:
        error = told(no(422, "errors.pwdPolicyViolated", rules=("Minimum length", "History\n", "Minimum length")))
        assert error.detail.endswith("Rules: Minimum length, History.")
        assert error.message_id == "m.policy"
        assert "Rules" not in told(no(422, "errors.pwdPolicyViolated")).detail

    def test_many_or_long_rules_are_cut(self, told: Tell) -> None:
        error = told(
            no(422, "errors.pwdPolicyViolated", rules=tuple(f"{number:02}" + "x" * 200 for number in range(50)))
        )
        assert len(error.detail) < 2000

    def test_retry_after_is_nevisidms_or_the_rows(self, told: Tell) -> None:
        assert told(no(503, retry_after=7)).retry_after == 7
        assert told(no(503)).retry_after is None
        assert told(Refusal("x", "unreachable")).retry_after == 5

    def test_codes_and_calls_go_to_the_log_and_nowhere_else(self, told: Tell) -> None:
        words = {"errors.insufficientRights": "java.lang.IllegalState at ch.nevis"}
        error = told(no(403, "errors.insufficientRights", call="user.update", words=words))
        assert error.log["call"] == "user.update"
        assert error.log["codes"] == "errors.insufficientRights"
        assert error.log["nevisidm"] == "403"
        assert error.log["alarm"] == "true"
        assert error.log["row"].startswith("_errors.yaml:")
        shown = json.dumps([error.detail, error.message_id, error.data])
        assert "errors." not in shown
        assert "java" not in shown + json.dumps(error.log)

    def test_only_alarming_rows_alarm(self, told: Tell) -> None:
        assert "alarm" not in told(no(422, "errors.duplicateName")).log


class TestLostReplies:
    def test_a_lost_write_is_told_as_unknown(self, told: Tell) -> None:
        error = told(Refusal("user.update", "timeout", unknown_outcome=True))
        assert error.status == 504
        assert "not known whether" in error.detail

    def test_a_lost_check_may_have_been_counted(self, told: Tell, user: Mapping) -> None:
        action = replace(user, action=Action({}, {}, 400, {}, None))
        error = told(Refusal("login", "timeout", unknown_outcome=True), action)
        assert (error.code.code, error.status) == ("GW506", 502)
