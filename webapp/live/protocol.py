"""uvicorn's WebSocket, with one hole closed: it answers pings without looking whether anybody reads the pongs, so that a flood of them filled the memory."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Bounded(WebSocketsSansIOProtocol):
    """Reads no more from whoever does not read what we send."""

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()
