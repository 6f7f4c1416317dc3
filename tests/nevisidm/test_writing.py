"""Writes of several calls: all of it, or taken back in reverse order, or said what is left."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gateway import events
from gateway.nevisidm.call import Call, Refusal
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Timeouts
from gateway.nevisidm.run import HalfDone, Run
from gateway.nevisidm.step import AT_ONCE
from gateway.nevisidm.template import parse_template
from gateway.plan.plan import WriteCall

USERS, USER = "/core/v1/c/users", "/core/v1/c/users/u1"
PROPERTIES, PASSWORD, CHANGE = f"{USER}/properties", f"{USER}/password", f"{USER}/password/change"
INVALID = {"errors": [{"code": "errors.pwdPolicyViolated", "message": "no"}]}
NO_RECORD = {"errors": [{"code": "errors.noRecord", "message": "no"}]}
FATAL = {"errors": [{"code": "errors.fatalError", "message": "no"}]}
HTML = b"<html>bad gateway</html>"


def call(name: str, method: Any, path: str, body: Any = None) -> Call:
    return Call(
        name, method, parse_template(path.replace("/c/", "/{client}/").replace("u1", "{user.extId}")), body=body
    )


READ = call("user.read", "GET", USER)
CREATE = WriteCall(
    call("user.create", "POST", USERS, {"user": {"extId": "u1", "loginId": "B"}, "profile": {"extId": "p1"}}),
    ("user", "profile"),
    undo=call("user.delete", "DELETE", USER),
    again=READ,
)
SET_PROPERTIES = WriteCall(
    call("properties.update", "PATCH", PROPERTIES, {"a": "2"}),
    ("properties",),
    undo=call("properties.update", "PATCH", PROPERTIES, {"a": "1"}),
)
SET_PASSWORD = WriteCall(call("password.create", "POST", PASSWORD, {"password": "x"}), ("password",))
DELETE = WriteCall(call("user.delete", "DELETE", USER), ("user",), again=READ)


@pytest.fixture
def run(client: Client, happened: list[events.Event]) -> Run:
    return Run(client, "r1", events.Events(happened.append))


def known() -> dict[str, Any]:
    return {"client": "c", "user.extId": "u1"}


async def refusal(run: Run, *steps: WriteCall) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await run.write(steps, known())
    return caught.value


def half_done(happened: list[events.Event]) -> list[events.Event]:
    return [event for event in happened if isinstance(event, events.HalfDone)]


async def test_steps_run_in_order_and_their_replies_come_back_by_name(upstream: Any, run: Run) -> None:
    upstream.on(f"POST {USERS}", 201)
    upstream.on(f"PATCH {PROPERTIES}", 200, {"properties": {"a": "2"}})
    upstream.on(f"POST {PASSWORD}", 204)
    replies = await run.write([CREATE, SET_PROPERTIES, SET_PASSWORD], known())
    assert upstream.calls == [f"POST {USERS}", f"PATCH {PROPERTIES}", f"POST {PASSWORD}"]
    assert replies["properties.update"].json == {"properties": {"a": "2"}}
    assert replies["password.create"].status == 204


async def test_nothing_to_write_is_no_call(upstream: Any, run: Run) -> None:
    assert await run.write([], known()) == {}
    assert upstream.seen == []


async def test_an_id_that_nevisidm_chose_fills_the_calls_behind(upstream: Any, run: Run) -> None:
    upstream.on(f"POST {USERS}", 201, location="https://n/nevisidm/api/core/v1/c/users/n%2F1/?x=1")
    upstream.on("POST /core/v1/c/users/n%2F1/password", 204)
    found = {"client": "c"}
    await run.write([WriteCall(CREATE.call, ("user",), created="user"), SET_PASSWORD], found)
    assert upstream.calls[1] == "POST /core/v1/c/users/n%2F1/password"
    assert found["user.extId"] == "n/1"


async def test_a_failure_takes_back_what_was_done_last_first_and_is_told_itself(
    upstream: Any, run: Run, happened: Any
) -> None:
    second = WriteCall(
        call("unit.update", "PUT", f"{USER}/unit"), ("unit",), undo=call("unit.update", "PUT", f"{USER}/old")
    )
    for done in (f"PATCH {PROPERTIES}", f"PUT {USER}/unit", f"PUT {USER}/old"):
        upstream.on(done, 200, {})
    upstream.on(f"POST {PASSWORD}", 422, INVALID)
    found = await refusal(run, SET_PROPERTIES, second, SET_PASSWORD)
    assert found.codes == ("errors.pwdPolicyViolated",)
    assert upstream.calls[3:] == [f"PUT {USER}/old", f"PATCH {PROPERTIES}"]
    assert upstream.seen[-1].body == {"a": "1"}
    assert half_done(happened) == []


async def test_the_first_step_failing_takes_back_nothing(upstream: Any, run: Run) -> None:
    upstream.on(f"POST {USERS}", 422, INVALID)
    await refusal(run, CREATE, SET_PASSWORD)
    assert upstream.calls == [f"POST {USERS}"]


async def test_deleting_what_was_created_takes_everything_below_it_along(
    upstream: Any, run: Run, happened: Any
) -> None:
    upstream.on(f"POST {USERS}", 201)
    upstream.on(f"POST {PASSWORD}", 204)
    upstream.on(f"PATCH {PROPERTIES}", 422, INVALID)
    upstream.on(f"DELETE {USER}", 204)
    await refusal(run, CREATE, SET_PASSWORD, SET_PROPERTIES)
    assert upstream.calls[-1] == f"DELETE {USER}"
    assert half_done(happened) == []


async def test_an_undo_that_finds_nothing_left_has_done_its_work(upstream: Any, run: Run) -> None:
    upstream.on(f"POST {USERS}", 201)
    upstream.on(f"POST {PASSWORD}", 422, INVALID)
    upstream.on(f"DELETE {USER}", 404, NO_RECORD)
    await refusal(run, CREATE, SET_PASSWORD)


@pytest.mark.parametrize(("status", "body"), [(422, INVALID), (404, HTML), (500, FATAL)])
async def test_an_undo_that_fails_is_said_and_announced(
    upstream: Any, run: Run, happened: Any, status: int, body: Any
) -> None:
    upstream.on(f"POST {USERS}", 201)
    upstream.on(f"POST {PASSWORD}", 422, INVALID)
    upstream.on(f"DELETE {USER}", status, body)
    with pytest.raises(HalfDone) as caught:
        await run.write([CREATE, SET_PASSWORD], known(), resource="User")
    assert caught.value.left == ("user", "profile")
    assert caught.value.refusal.codes == ("errors.pwdPolicyViolated",)
    assert half_done(happened) == [events.HalfDone("r1", "User", ("user", "profile"))]


async def test_one_undo_failing_does_not_stop_the_others(upstream: Any, run: Run) -> None:
    second = WriteCall(
        call("unit.update", "PUT", f"{USER}/unit"), ("unit",), undo=call("unit.update", "PUT", f"{USER}/old")
    )
    upstream.on(f"PATCH {PROPERTIES}", 200, {})
    upstream.on(f"PUT {USER}/unit", 200, {})
    upstream.on(f"PUT {USER}/old", 422, INVALID)
    upstream.on(f"POST {PASSWORD}", 422, INVALID)
    with pytest.raises(HalfDone) as caught:
        await run.write([SET_PROPERTIES, second, SET_PASSWORD], known())
    assert caught.value.left == ("unit",)
    assert upstream.seen[-1].body == {"a": "1"}


async def test_a_step_that_nothing_takes_back_is_left(upstream: Any, run: Run) -> None:
    upstream.on(f"POST {PASSWORD}", 204)
    upstream.on(f"PATCH {PROPERTIES}", 422, INVALID)
    with pytest.raises(HalfDone) as caught:
        await run.write([SET_PASSWORD, SET_PROPERTIES], known())
    assert caught.value.left == ("password",)


async def test_a_lost_create_that_took_effect_goes_on(upstream: Any, run: Run) -> None:
    upstream.breaks_on(f"POST {USERS}")
    upstream.on(f"GET {USER}", 200, {"extId": "u1", "loginId": "b", "version": 1})
    upstream.on(f"POST {PASSWORD}", 204)
    replies = await run.write([CREATE, SET_PASSWORD], known())
    assert replies["user.create"].json["version"] == 1
    assert upstream.calls == [f"POST {USERS}", f"GET {USER}", f"POST {PASSWORD}"]


async def test_a_create_refused_by_a_technical_fault_is_looked_into_as_well(upstream: Any, run: Run) -> None:
    upstream.on(f"POST {USERS}", 500, FATAL)
    upstream.on(f"GET {USER}", 200, {"extId": "u1", "loginId": "B"})
    assert (await run.write([CREATE], known()))["user.create"].status == 200


async def test_a_lost_create_that_did_not_take_effect_fails_and_is_not_repeated(upstream: Any, run: Run) -> None:
    upstream.breaks_on(f"POST {USERS}")
    upstream.on(f"GET {USER}", 404, NO_RECORD)
    found = await refusal(run, CREATE, SET_PASSWORD)
    assert upstream.calls == [f"POST {USERS}", f"GET {USER}"]
    assert not found.unknown_outcome


async def test_a_stranger_s_record_is_neither_taken_for_ours_nor_deleted(upstream: Any, run: Run) -> None:
    upstream.breaks_on(f"POST {USERS}")
    upstream.on(f"GET {USER}", 200, {"extId": "u1", "loginId": "somebody else"})
    await refusal(run, CREATE)
    assert upstream.calls == [f"POST {USERS}", f"GET {USER}"]


async def test_a_lost_create_that_cannot_be_looked_into_stays_of_unknown_outcome(
    upstream: Any, run: Run, happened: Any
) -> None:
    upstream.breaks_on(f"POST {USERS}")
    upstream.on(f"GET {USER}", 500, FATAL)
    found = await refusal(run, CREATE)
    assert found.unknown_outcome
    assert f"DELETE {USER}" not in upstream.calls  # it might hit what was there before
    assert half_done(happened) == []


async def test_a_lost_delete_that_took_effect_is_done(upstream: Any, run: Run) -> None:
    upstream.on(f"DELETE {USER}", 502, HTML, "text/html")
    upstream.on(f"GET {USER}", 404, NO_RECORD)
    assert (await run.write([DELETE], known()))["user.delete"].status == 204


async def test_a_lost_delete_that_did_not_take_effect_fails(upstream: Any, run: Run) -> None:
    upstream.breaks_on(f"DELETE {USER}")
    upstream.on(f"GET {USER}", 200, {"extId": "u1"})
    assert not (await refusal(run, DELETE)).unknown_outcome


async def test_a_lost_update_is_put_back_like_those_before_it(upstream: Any, run: Run, happened: Any) -> None:
    first = WriteCall(
        call("unit.update", "PUT", f"{USER}/unit"), ("unit",), undo=call("unit.update", "PUT", f"{USER}/old")
    )
    upstream.on(f"PUT {USER}/unit", 200, {})
    upstream.on(f"PUT {USER}/old", 200, {})
    upstream.breaks_on(f"PATCH {PROPERTIES}")
    upstream.on(f"PATCH {PROPERTIES}", 200, {})
    found = await refusal(run, first, SET_PROPERTIES)
    assert found.kind == "unreachable"
    assert upstream.calls == [f"PUT {USER}/unit", f"PATCH {PROPERTIES}", f"PATCH {PROPERTIES}", f"PUT {USER}/old"]
    assert half_done(happened) == []


async def test_a_lost_password_behind_other_changes_is_said_to_be_left(upstream: Any, run: Run) -> None:
    upstream.on(f"PATCH {PROPERTIES}", 200, {})
    upstream.breaks_on(f"POST {PASSWORD}")
    with pytest.raises(HalfDone) as caught:
        await run.write([SET_PROPERTIES, SET_PASSWORD], known())
    assert caught.value.left == ("password",)


async def test_an_update_of_what_is_missing_becomes_a_create(upstream: Any, run: Run) -> None:
    change = WriteCall(
        call("password.update", "POST", CHANGE, {"newPassword": "x"}),
        ("password",),
        instead=call("password.create", "POST", PASSWORD, {"password": "x"}),
    )
    upstream.on(f"POST {CHANGE}", 404, NO_RECORD)
    upstream.on(f"POST {PASSWORD}", 201)
    assert (await run.write([change], known()))["password.update"].status == 201
    assert upstream.calls == [f"POST {CHANGE}", f"POST {PASSWORD}"]


async def test_a_wrong_address_is_no_missing_record(upstream: Any, run: Run) -> None:
    change = WriteCall(call("password.update", "POST", CHANGE), ("password",), instead=SET_PASSWORD.call)
    upstream.on(f"POST {CHANGE}", 404, HTML, "text/html")
    await refusal(run, change)
    assert upstream.calls == [f"POST {CHANGE}"]


async def test_undo_goes_on_when_time_is_up(upstream: Any, client_to: Any) -> None:
    upstream.on(f"POST {USERS}", 201)
    upstream.hangs_on(f"POST {PASSWORD}")
    upstream.on(f"DELETE {USER}", 204)
    run = Run(client_to(upstream, timeouts=Timeouts(5, 5)), "r1", events.SILENT, deadline=time.monotonic() + 0.05)
    assert (await refusal(run, CREATE, SET_PASSWORD)).kind == "timeout"
    assert upstream.calls == [f"POST {USERS}", f"POST {PASSWORD}", f"DELETE {USER}"]


async def test_a_fault_of_ours_takes_back_what_was_done_too(upstream: Any, run: Run) -> None:
    upstream.on(f"POST {USERS}", 201)
    upstream.on(f"DELETE {USER}", 204)
    unfillable = WriteCall(Call("x.create", "POST", parse_template("/core/v1/{nobody}")), ("x",))
    with pytest.raises(KeyError):
        await run.write([CREATE, unfillable], known())
    assert upstream.calls[-1] == f"DELETE {USER}"


def one_of(number: int, stage: int = 1) -> WriteCall:
    """One of several writes that do not depend on each other."""
    create = call(f"e{number}.create", "POST", f"{USER}/e{number}", {"extId": f"e{number}"})
    return WriteCall(
        create, (f"e{number}",), undo=call(f"e{number}.delete", "DELETE", f"{USER}/e{number}"), stage=stage
    )


async def test_neighbours_of_one_stage_run_a_few_at_a_time_and_none_begins_after_a_failure(
    upstream: Any, run: Run
) -> None:
    for number in range(20):
        upstream.on(f"POST {USER}/e{number}", 422 if number == 3 else 201, INVALID if number == 3 else None)
        upstream.on(f"DELETE {USER}/e{number}", 204)
    found = await refusal(run, *map(one_of, range(20)))
    assert found.codes == ("errors.pwdPolicyViolated",)
    begun = {f"POST {USER}/e{number}" for number in range(AT_ONCE)}
    assert set(upstream.calls[:AT_ONCE]) == begun
    assert set(upstream.calls[AT_ONCE:]) == {f"DELETE {USER}/e{number}" for number in range(AT_ONCE) if number != 3}


async def test_stages_wait_for_each_other(upstream: Any, run: Run) -> None:
    for number in range(4):
        upstream.on(f"POST {USER}/e{number}", 201)
    await run.write([one_of(0, 1), one_of(1, 1), one_of(2, 2), one_of(3, 0)], known())
    assert set(upstream.calls[:2]) == {f"POST {USER}/e0", f"POST {USER}/e1"}
    assert upstream.calls[2:] == [f"POST {USER}/e2", f"POST {USER}/e3"]
