"""The sockets of this process: how many each person has, turns between them, and who may no longer stay."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections, connection

from webapp.live.callers import Caller, Entry, Wish, enter
from webapp.live.pace import Pace
from webapp.live.rules import CHECK_SECONDS, CHECKS_LATE, FULL, IN_HAND, QUICK_CHECKS, SOCKETS, THREADS, TOO_MANY, TROUBLE, Refused
from webapp.projects.models import Project
from webapp.projects.rules import shared

log = logging.getLogger(__name__)


def looked_up(caller: Caller, wish: Wish) -> Entry:
    """`enter`, on a connection that is made anew when the database had closed it. Raises Refused and django.db.Error."""
    if not connection.in_atomic_block:  # a test's transaction is nobody's to end
        close_old_connections()
    return enter(caller, wish)


def still_shared(projects: set[UUID]) -> set[UUID]:
    """Those of these projects that everybody may ask."""
    if not connection.in_atomic_block:
        close_old_connections()
    return set(Project.objects.filter(shared(""), id__in=projects).values_list("id", flat=True))


@dataclass(eq=False)
class Seat:
    """One open socket. `ended` is set with the Refused that ends it."""

    caller: Caller
    wish: Wish
    entry: Entry
    pace: Pace
    ended: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def end(self, refusal: Refused) -> None:
        if not self.ended.done():
            self.ended.set_result(refusal)


class Hall:
    """Seats, and the few threads that look at frames. Lives in one event loop."""

    def __init__(self, check_seconds: float = CHECK_SECONDS):
        self.seats: set[Seat] = set()
        self.turns = asyncio.Semaphore(THREADS)  # first come, first served: with one frame each in the line, nobody starves
        self.entering = 0
        self.check_seconds = check_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="look")
        self._watching: asyncio.Task | None = None
        self._shared: set[UUID] = set()  # projects of those who are here that were shared when last looked at

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
        seat = Seat(caller, wish, entry, self.pace_of(entry))
        self.seats.add(seat)
        self._shared.add(entry.model.project_id)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self.watch())
        return seat

    def pace_of(self, entry: Entry) -> Pace:
        """How often one socket is answered; those of one key together keep to the rate of that key."""
        shared = (seat.pace for seat in self.seats if entry.key_id and seat.entry.key_id == entry.key_id)
        return next(shared, None) or Pace(entry.a_second, IN_HAND)

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
            except Error as error:
                late += 1
                log.warning("sockets could not be checked: %s", error)
                if late > CHECKS_LATE:
                    self.end_all(Refused(TROUBLE, "The database does not answer. Try again in a moment."))

    async def check_sharing(self) -> None:
        """Ask the gate about those whose AI is shared no more since it was looked at last; un-sharing counts within a second."""
        asked = self.projects()
        there = await sync_to_async(still_shared)(asked)
        lost = (asked - there) & self._shared
        self._shared = (self._shared - lost | there) & self.projects()  # somebody may have come in meanwhile
        await self.check([seat for seat in self.seats if seat.entry.model.project_id in lost])

    def projects(self) -> set[UUID]:
        """The projects of all who are here."""
        return {seat.entry.model.project_id for seat in self.seats}

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
                seat.entry = entry

    def end_all(self, refusal: Refused) -> None:
        for seat in self.seats:
            seat.end(refusal)
