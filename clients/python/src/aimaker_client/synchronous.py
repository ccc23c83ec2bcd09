"""The client that waits for each answer."""

import time
from types import TracebackType
from typing import Self

import httpx

from aimaker_client import calls
from aimaker_client.steps import TRIES, Call, Reply, Request, Step, T, patiently
from aimaker_client.transport import arguments, options, reply
from aimaker_client.verbs import now


class Client:
    """AI Maker at an address, such as https://ai.example.org, by a token of an account or a key of a project. Use it with `with`, or close it.

    A request is tried at most `tries` times: again after 429, 503 and lost connections, when the server says or a little later each time.
    """

    def __init__(self, address: str, token: str, *, tries: int = TRIES, timeout: httpx.Timeout | float | None = None, transport: httpx.BaseTransport | None = None):
        self._http = httpx.Client(**options(address, token, timeout), transport=transport)
        self._tries = tries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def carry_out(self, call: Call[T]) -> T:
        """Do what a call of `aimaker_client.calls` says, step by step; returns its result."""
        steps = patiently(call, self._tries)
        try:
            step = next(steps)
            while True:
                try:
                    done = self._do(step)
                except httpx.TransportError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    def _do(self, step: Step) -> Reply:
        if isinstance(step, Request):
            with arguments(step) as given:
                return reply(self._http.request(**given))
        time.sleep(step.seconds)
        return Reply()

    create_project = now(calls.create_project)
    projects = now(calls.projects)
    project = now(calls.project)
    change_project = now(calls.change_project)
    delete_project = now(calls.delete_project)
    upload = now(calls.upload)
    upload_bytes = now(calls.upload_bytes)
    collect = now(calls.collect)
    images = now(calls.images)
    train = now(calls.train)
    runs = now(calls.runs)
    run = now(calls.run)
    epochs = now(calls.epochs)
    evaluation = now(calls.evaluation)
    cancel = now(calls.cancel)
    model = now(calls.model)
    bundle = now(calls.bundle)
    predict = now(calls.predict)
    wait = now(calls.wait)
