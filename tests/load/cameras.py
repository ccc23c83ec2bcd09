"""Cameras that are on: each a socket that sends so many frames a second and hears answers."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from multiprocessing import get_context

from websockets.asyncio.client import connect

LAST_SECONDS = 2.0  # in which the last answers come


@dataclass
class Camera:
    """What one socket was told: seconds of answers, and how many frames were passed over because too many came."""

    took: list[float] = field(default_factory=list)
    dropped: int = 0


def on(addresses: list[str], rate: float, frame: bytes, seconds: float) -> list[Camera]:
    """Let a camera at each address run so long, in a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(run, (addresses, rate, frame, seconds))


def run(addresses: list[str], rate: float, frame: bytes, seconds: float) -> list[Camera]:
    return asyncio.run(all_of_them(addresses, rate, frame, seconds))


async def all_of_them(addresses: list[str], rate: float, frame: bytes, seconds: float) -> list[Camera]:
    sockets = [await connect(address, compression=None, open_timeout=60) for address in addresses]
    try:
        return await asyncio.gather(*(one(socket, rate, frame, seconds, number / len(sockets) / rate) for number, socket in enumerate(sockets)))
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


async def one(socket, rate: float, frame: bytes, seconds: float, start: float) -> Camera:
    sent, told = {}, Camera()
    reading = asyncio.create_task(hear(socket, sent, told))
    await asyncio.sleep(start)
    begins = time.perf_counter()
    for number in range(1, int(seconds * rate) + 1):
        sent[number] = time.perf_counter()
        await socket.send(frame)
        await asyncio.sleep(max(0.0, begins + number / rate - time.perf_counter()))
    await asyncio.sleep(LAST_SECONDS)
    reading.cancel()
    return told


async def hear(socket, sent: dict[int, float], told: Camera) -> None:
    async for message in socket:
        answer = json.loads(message)
        if answer.get("dropped"):
            told.dropped += 1
        else:
            told.took.append(time.perf_counter() - sent[answer["seq"]])
