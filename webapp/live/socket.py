"""The live camera's socket: frames in, answers out. One frame is looked at, one waits, and the newest wins."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from asgiref.sync import sync_to_async

from trainer.pixels import PictureError
from webapp.core.errors import UserError
from webapp.keys.usage import counts
from webapp.live.callers import caller_of, wish_of
from webapp.live.frames import JPEG, Frame, answer, look
from webapp.live.hall import Hall, Seat, tell_opened
from webapp.live.rules import FRAME_BYTES, IDLE, IDLE_SECONDS, TOO_BIG, TROUBLE, UNSUPPORTED, Refused

log = logging.getLogger(__name__)
Receive, Send = Callable[[], Awaitable[dict]], Callable[[dict], Awaitable[None]]


class Live:
    """The ASGI application of `/ws/models/{id}/live`, and of `/ws/projects/{id}/live` and `/ws/p/{code}/live`, which answer by whatever the project has published."""

    def __init__(self, **options) -> None:
        self.options, self.hall = options, None

    async def __call__(self, scope: dict, receive: Receive, send: Send) -> None:
        self.hall = self.hall or Hall(**self.options)  # when the first socket comes: there is an event loop then
        await receive()
        with suppress(OSError):  # the other side has left while we were telling it something
            try:
                seat = await self.hall.admit(caller_of(scope), wish_of(scope))
            except Refused as refusal:
                return await refuse(send, refusal)
            try:
                await send({"type": "websocket.accept"})
                await Talk(self.hall, seat, receive, send).run()
            finally:
                self.hall.leave(seat)


async def refuse(send: Send, refusal: Refused) -> None:
    """A page of somebody else gets 403 without a handshake; all others can read why in the code."""
    if refusal.foreign:
        log.warning("a socket was refused: its page is %.100r", refusal.foreign)
    else:
        await send({"type": "websocket.accept"})
    await close(send, refusal)


async def close(send: Send, refusal: Refused) -> None:
    await send({"type": "websocket.close", "code": refusal.code, "reason": refusal.reason})


class Talk:
    """One socket from its opening to its end."""

    def __init__(self, hall: Hall, seat: Seat, receive: Receive, send: Send):
        self.hall, self.seat, self.receive, self.send = hall, seat, receive, send
        self.seq, self.waiting, self.arrived, self.is_known = 0, None, asyncio.Event(), False

    async def run(self) -> None:
        """Read and answer side by side until one of them, or the hall, says that it is over."""
        tasks = [asyncio.create_task(work) for work in (self.read(), self.answer())]
        try:
            done, _others = await asyncio.wait([*tasks, self.seat.ended], return_when=asyncio.FIRST_COMPLETED)
            refusal = next(iter(done)).result()
        except OSError:
            return
        except Exception:
            log.exception("a socket broke")
            refusal = Refused(TROUBLE, "Something went wrong here. Try again.")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if refusal:
            await close(self.send, refusal)

    async def read(self) -> Refused | None:
        """Take frames as they come, until there is a reason to end; None when the other side has left."""
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    message = await self.receive()
            except TimeoutError:
                return Refused(IDLE, "No frame has come for a minute.")
            if message["type"] == "websocket.disconnect":
                return None
            data = message.get("bytes")
            if data is None or not data.startswith(JPEG):
                return Refused(UNSUPPORTED, "Send each frame as one binary JPEG.")
            if len(data) > FRAME_BYTES:
                return Refused(TOO_BIG, "A frame may have 256 KiB at most.")
            await self.take(data)

    async def take(self, data: bytes) -> None:
        """The newest frame waits; the one that waited until now is answered as dropped."""
        self.seq += 1
        replaced, self.waiting = self.waiting, Frame(self.seq, data, time.perf_counter())
        self.arrived.set()
        if replaced:
            await self.say({"seq": replaced.seq, "dropped": True})

    async def answer(self) -> Refused | None:
        """Answer the frame that waits, again and again; gives the reason to end."""
        while True:
            await self.arrived.wait()
            await self.seat.turn()
            async with self.hall.turns:
                # Taken only now that it is our turn: whatever came meanwhile is newer.
                frame, self.waiting = self.waiting, None
                self.arrived.clear()
                began = time.perf_counter()
                try:
                    said = await self.look(frame, began)
                except Refused as refusal:
                    return refusal
            await self.say(said)
            if "predictions" in said:
                await self.opened()

    async def look(self, frame: Frame, began: float) -> dict:
        entry, model = self.seat.entry, self.seat.entry.model
        try:
            prediction = await self.hall.in_thread(look, model, frame.data, self.seat.wish.top, entry.key_name)
        except PictureError as error:
            return {"seq": frame.seq, "error": {"code": error.reason, "message": str(error)}}
        except UserError as error:
            raise Refused(TROUBLE, error.message) from error
        said = answer(frame, model, prediction, began)
        if entry.key_id:
            counts.count(entry.key_id, ms=said["timing"]["total_ms"])
        return said

    async def opened(self) -> None:
        """With its first answer a camera on a play page is a question that others hear of."""
        if self.seat.wish.kind == "p" and not self.is_known:
            self.is_known = True
            await sync_to_async(tell_opened)(self.seat)

    async def say(self, message: dict) -> None:
        await self.send({"type": "websocket.send", "text": json.dumps(message, ensure_ascii=False, separators=(",", ":"))})
