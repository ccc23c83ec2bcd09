"""From a call to a method: the same signature, with the client in place of the generator."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from aimaker_client.steps import Call

P = ParamSpec("P")
T = TypeVar("T")


class Runs(Protocol):
    """Whoever can carry out a call at once."""

    def carry_out(self, call: Call[Any]) -> Any: ...


class RunsLater(Protocol):
    """Whoever can carry out a call while others go on."""

    async def carry_out(self, call: Call[Any]) -> Any: ...


def now(call: Callable[P, Call[T]]) -> Callable[Concatenate[Runs, P], T]:
    """A method that returns what the call returns."""

    @wraps(call)
    def method(self: Runs, /, *arguments: P.args, **named: P.kwargs) -> T:
        result: T = self.carry_out(call(*arguments, **named))
        return result

    return method


def later(call: Callable[P, Call[T]]) -> Callable[Concatenate[RunsLater, P], Awaitable[T]]:
    """A method to be awaited for what the call returns."""

    @wraps(call)
    async def method(self: RunsLater, /, *arguments: P.args, **named: P.kwargs) -> T:
        result: T = await self.carry_out(call(*arguments, **named))
        return result

    return method
