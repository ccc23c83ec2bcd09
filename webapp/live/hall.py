"""The sockets of this process: how many each person has, turns between them, and who may no longer stay."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections, connection

from webapp.live.callers import Caller, Entry, Wish, enter
from webapp.live.pace import Pace
from webapp.live.rules import (
    CHECK_SECONDS,
    CHECKS_LATE,
    FRAMES_A_SECOND,
    FULL,
    IN_HAND,
    MOST_PACES,
    QUICK_CHECKS,
    SOCKETS,
    THREADS,
    TOO_MANY,
    TROUBLE,
    Refused,
)
from webapp.projects.models import Project
from webapp.projects.rules import shared
from webapp.serving.answered import camera_opened
from webapp.serving.models import Model

log = logging.getLogger(__name__)


def looked_up(caller: Caller, wish: Wish) -> Entry:
    """`enter`, on a connection that is made anew when the database had closed it. Raises Refused and django.db.Error."""
    if not connection.in_atomic_block:  # a test's transaction is nobody's to end
        close_old_connections()
    return enter(caller, wish)


def still_shared(codes: set[str]) -> set[str]:
    """Those of these short addresses at which there is an AI that everybody may ask."""
    if not connection.in_atomic_block:
        close_old_connections()
    return set(Project.objects.filter(shared(""), sharing__code__in=codes).values_list("sharing__code", flat=True))


@dataclass(eq=False)
class Seat:
    """One open socket. `ended` is set with the Refused that ends it."""

    caller: Caller
    wish: Wish
    entry: Entry
    shared: list[Pace]  # with others
    own: Pace = field(default_factory=lambda: Pace(FRAMES_A_SECOND, IN_HAND))
    ended: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def turn(self) -> None:
        """Come back when the next frame of this socket may be looked at."""
        for pace in (self.own, *self.shared):
            await pace.wait()

    def end(self, refusal: Refused) -> None:
        if not self.ended.done():
            self.ended.set_result(refusal)


def tell_opened(seat: Seat) -> None:
    """Let other rooms hear of a camera on a play page; what fails there is logged, and the answer goes out all the same."""
    if not connection.in_atomic_block:
        close_old_connections()
    camera_opened.send_robust(Model, model=seat.entry.model, address=seat.caller.address)


class Hall:
    """Seats, and the few threads that look at frames. Lives in one event loop."""

    def __init__(self, check_seconds: float = CHECK_SECONDS):
        self.seats: set[Seat] = set()
        self.turns = asyncio.Semaphore(THREADS)  # first come, first served: with one frame each in the line, nobody starves
        self.entering = 0
        self.check_seconds = check_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="look")
        self._watching: asyncio.Task | None = None
        self._shared: set[str] = set()  # short addresses of those who are here that were good when last looked at
        self._paces: dict[str, Pace] = {}

    async def admit(self, caller: Caller, wish: Wish) -> Seat:
        """A seat for the caller; raises Refused."""
        if len(self.seats) + self.entering >= SOCKETS:
            raise Refused(FULL, "Too many cameras are open here. Try again in a moment.")
        self.entering += 1
        try:
            entry = await sync_to_async(looked_up)(caller, wish)
        except Error as error:
            log.warning("a socket could not be opened: %s", error)
            raise Refused(TROUBLE, "The database does not answer. Try again in a moment.") from error
        finally:
            self.entering -= 1
        if Counter(seat.entry.person for seat in self.seats)[entry.person] >= entry.most:
            raise Refused(TOO_MANY, f"{entry.most} cameras are open already. Close one of them.")
        seat = Seat(caller, wish, entry, self.paces(entry))
        self.seats.add(seat)
        self._shared |= self.codes([seat])
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self.watch())
        return seat

    def paces(self, entry: Entry) -> list[Pace]:
        """What a socket shares with others. They outlive it: whoever comes back at once finds them as they were."""
        if len(self._paces) > MOST_PACES:
            taken = {name for seat in self.seats for name, _rate in seat.entry.shares}
            self._paces = {name: pace for name, pace in self._paces.items() if name in taken or not pace.is_rested}
        return [self.pace(name, a_second) for name, a_second in entry.shares]

    def pace(self, name: str, a_second: float) -> Pace:
        pace = self._paces.setdefault(name, Pace(a_second, IN_HAND))
        pace.change(a_second)  # the rate of a key may be another one since
        return pace

    def leave(self, seat: Seat) -> None:
        self.seats.discard(seat)

    async def in_thread(self, work, *arguments) -> object:
        """Run something that takes a core, outside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def watch(self) -> None:
        """While anybody is here, see again and again who still may be: log-out, revoking and un-sharing end a socket, publishing changes its model."""
        late = rounds = 0
        while self.seats:
            await asyncio.sleep(self.check_seconds / QUICK_CHECKS)
            rounds += 1
            try:
                await (self.check_sharing() if rounds % QUICK_CHECKS else self.check(self.seats))
                late = 0
            except Exception as error:  # whatever it is, those who are here must be looked at again
                late += 1
                log.warning("sockets could not be checked", exc_info=error)
                if late > CHECKS_LATE:
                    self.end_all(Refused(TROUBLE, "It cannot be seen who may be here. Try again in a moment."))

    async def check_sharing(self) -> None:
        """Ask the gate about those whose short address is good no more since it was looked at last; un-sharing, and a new link, count within a second."""
        asked = self.codes(self.seats)
        there = await sync_to_async(still_shared)(asked)
        lost = (asked - there) & self._shared
        self._shared = (self._shared - lost | there) & self.codes(self.seats)  # somebody may have come in meanwhile
        await self.check([seat for seat in self.seats if seat.wish.id in lost])

    @staticmethod
    def codes(some: Iterable[Seat]) -> set[str]:
        """The short addresses by which they came."""
        return {seat.wish.id for seat in some if seat.wish.kind == "p"}

    async def check(self, some: Iterable[Seat]) -> None:
        """Ask the gate once for each caller and model."""
        groups: dict[tuple[Caller, Wish], list[Seat]] = {}
        for seat in some:
            groups.setdefault((seat.caller, seat.wish), []).append(seat)
        for (caller, wish), seats in groups.items():
            try:
                entry = await sync_to_async(looked_up)(caller, wish)
            except Refused as refusal:
                for seat in seats:
                    seat.end(refusal)
                continue
            for seat in seats:
                seat.entry, seat.shared = entry, self.paces(entry)

    def end_all(self, refusal: Refused) -> None:
        for seat in self.seats:
            seat.end(refusal)
