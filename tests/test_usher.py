"""Who stands outside is taken in by one look at the socket, whatever the loop takes by itself."""

from __future__ import annotations

import asyncio
import socket

import pytest

from gateway.running.usher import Usher

MANY = 60


class Noted(asyncio.Protocol):
    """Counts connections."""

    made = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Noted.made += 1
        transport.close()


async def taken_in(turns: int, most: int = MANY) -> tuple[int, bool]:
    """How many of MANY callers were taken in after so many turns of the loop; whether one who comes after the end is left alone."""
    Noted.made = 0
    with socket.create_server(("127.0.0.1", 0), backlog=MANY + 1) as listening:
        listening.setblocking(False)
        address = listening.getsockname()
        callers = [socket.create_connection(address) for _ in range(MANY)]
        made = Usher(listening, Noted, None, most)
        for _ in range(turns):
            await asyncio.sleep(0)
        count = Noted.made
        made.close()
        callers.append(socket.create_connection(address))
        await asyncio.sleep(0.01)
        for each in callers:
            each.close()
        return count, Noted.made == count


def test_all_who_wait_are_taken_in_within_a_few_turns() -> None:
    uvloop = pytest.importorskip("uvloop")
    assert uvloop.run(taken_in(6)) == (MANY, True)


def test_one_look_takes_no_more_than_its_share() -> None:
    uvloop = pytest.importorskip("uvloop")
    count, _ = uvloop.run(taken_in(3, most=10))
    assert 0 < count <= 20
