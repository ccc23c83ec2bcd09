"""At most so many a second, on the average; a few may come early."""

import asyncio
import time


class Pace:
    """The generic cell rate algorithm: every use moves the moment of the next one on by one interval."""

    def __init__(self, a_second: float, in_hand: int):
        self.in_hand, self.next = in_hand, 0.0
        self.change(a_second)

    def change(self, a_second: float) -> None:
        """From the next use on."""
        self.interval, self.slack = 1 / a_second, self.in_hand / a_second

    @property
    def is_rested(self) -> bool:
        """Whether it has been idle for so long that a new one would be the same."""
        return self.next <= time.monotonic()

    async def wait(self) -> None:
        """Come back when the next use is due, and count it."""
        now = time.monotonic()
        self.next = max(self.next, now)
        early = self.next - now - self.slack
        self.next += self.interval
        if early > 0:
            await asyncio.sleep(early)
