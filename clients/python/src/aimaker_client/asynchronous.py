"""The client that is awaited, so that other work goes on meanwhile."""

import asyncio
from types import TracebackType
from typing import Self

import httpx

from aimaker_client import calls
from aimaker_client.steps import TRIES, Call, Reply, Request, Step, T, patiently
from aimaker_client.transport import arguments, options, reply
from aimaker_client.verbs import later


class AsyncClient:
    """As `Client`, with methods to be awaited. Use it with `async with`, or close it."""

    def __init__(self, address: str, token: str, *, tries: int = TRIES, timeout: httpx.Timeout | float | None = None, transport: httpx.AsyncBaseTransport | None = None):
        self._http = httpx.AsyncClient(**options(address, token, timeout), transport=transport)
        self._tries = tries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def carry_out(self, call: Call[T]) -> T:
        """Do what a call of `aimaker_client.calls` says, step by step; returns its result."""
        steps = patiently(call, self._tries)
        try:
            step = next(steps)
            while True:
                try:
                    done = await self._do(step)
                except httpx.TransportError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _do(self, step: Step) -> Reply:
        if isinstance(step, Request):
            with arguments(step) as given:
                return reply(await self._http.request(**given))
        await asyncio.sleep(step.seconds)
        return Reply()

    create_project = later(calls.create_project)
    projects = later(calls.projects)
    project = later(calls.project)
    change_project = later(calls.change_project)
    delete_project = later(calls.delete_project)
    upload = later(calls.upload)
    upload_bytes = later(calls.upload_bytes)
    collect = later(calls.collect)
    images = later(calls.images)
    train = later(calls.train)
    runs = later(calls.runs)
    run = later(calls.run)
    epochs = later(calls.epochs)
    evaluation = later(calls.evaluation)
    cancel = later(calls.cancel)
    model = later(calls.model)
    bundle = later(calls.bundle)
    predict = later(calls.predict)
    wait = later(calls.wait)
