"""An idle connection is closed when it has been idle for so long: counted from its last answer, whatever came before."""

from __future__ import annotations

import asyncio

from uvicorn.server import ServerState

from gateway.edge.connection import Protocol
from gateway.running.listening import configuration
from tests.laws.test_known_heads import Mirror, Wire, asked

IDLE = 0.5


async def test_a_connection_closes_when_it_has_been_idle_for_its_time_and_not_before() -> None:
    made = configuration(Mirror(whole=True, later=0), "127.0.0.1", 0)
    made.load()
    wire, loop = Wire(), asyncio.get_running_loop()
    protocol = Protocol(made.leaving, config=made, server_state=ServerState(), app_state={}, _loop=loop)
    protocol.timeout_keep_alive = IDLE  # type: ignore[assignment]  # whole seconds in uvicorn's settings
    protocol.connection_made(wire)  # type: ignore[arg-type]
    for count in range(1, 4):  # longer than IDLE together, never idle for so long
        protocol.data_received(asked("/a")[0])
        await asyncio.sleep(IDLE * 0.4)
        assert len(wire.said) == count
    async with asyncio.timeout(2):
        while not wire.is_closing():
            await asyncio.sleep(0.005)
    protocol.connection_lost(None)
    assert protocol.timeout_keep_alive_task is None


async def test_a_connection_that_is_lost_leaves_no_timer() -> None:
    made = configuration(Mirror(whole=True, later=0), "127.0.0.1", 0)
    made.load()
    loop = asyncio.get_running_loop()
    protocol = Protocol(made.leaving, config=made, server_state=ServerState(), app_state={}, _loop=loop)
    protocol.connection_made(Wire())  # type: ignore[arg-type]
    protocol.data_received(asked("/a")[0])
    await asyncio.sleep(0.01)
    timer = protocol.timeout_keep_alive_task
    assert timer is not None
    protocol.connection_lost(ConnectionResetError())
    assert timer.cancelled()
