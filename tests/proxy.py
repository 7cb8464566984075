"""A way to a server that does what networks do: it can be cut, reset, slow, silent, and end in mid-frame."""

import asyncio
import socket
import struct
import threading
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.servers import free_port

CHUNK = 65536
TICK = 0.02
#: Closing sends a reset, and nothing that was still to be sent.
AT_ONCE = struct.pack("ii", 1, 0)


class Proxy:
    """To one server, or to the nodes of a cluster, each in its turn unless it does not answer."""

    def __init__(self, *urls: str) -> None:
        self.targets = deque(map(urlsplit, urls))
        self.port = free_port()
        #: What is sent is lost, and nobody is told.
        self.swallows = threading.Event()
        #: What is sent arrives when this is over.
        self.holds = threading.Event()
        #: Half of what is sent next arrives, then the connection is reset.
        self.tears = threading.Event()
        #: Seconds that everything takes.
        self.delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.mend()

    @property
    def url(self) -> str:
        target = self.targets[0]
        credentials = target.netloc.rpartition("@")[0]
        return urlunsplit(target._replace(netloc=f"{credentials}@127.0.0.1:{self.port}"))

    def cut(self) -> None:
        """Every connection ends, and a new one is refused."""
        self._do(self._stop_listening())
        self.hang_up()

    def hang_up(self) -> None:
        self._do(self._end_all(at_once=False))

    def reset(self) -> None:
        """As `hang_up`, but impolitely."""
        self._do(self._end_all(at_once=True))

    def mend(self) -> None:
        self._do(self._listen())

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port, reuse_address=True)

    async def _stop_listening(self) -> None:
        self._server.close()

    async def _end_all(self, *, at_once: bool) -> None:
        for writer in list(self._writers):
            self._end(writer, at_once=at_once)

    def _end(self, writer: asyncio.StreamWriter, *, at_once: bool) -> None:
        if at_once:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.transport.abort()
        else:
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = await self._open()
        if not found:
            self._end(writer, at_once=True)
            return
        there, back = found
        both = {writer, back}
        self._writers |= both
        await asyncio.gather(self._carry(reader, back, both), self._carry(there, writer, both))
        self._writers -= both

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in range(len(self.targets)):
            self.targets.rotate(-1)
            with suppress(OSError):
                return await asyncio.open_connection(self.targets[-1].hostname, self.targets[-1].port)
        return None

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, both: set[Any]) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                while self.holds.is_set():
                    await asyncio.sleep(TICK)
                if self.delay:
                    await asyncio.sleep(self.delay)
                if self.tears.is_set():
                    await self._tear(data, sink, both)
                elif not self.swallows.is_set():
                    sink.write(data)
                    await sink.drain()
        self._end(sink, at_once=False)

    async def _tear(self, data: bytes, sink: asyncio.StreamWriter, both: set[asyncio.StreamWriter]) -> None:
        self.tears.clear()
        sink.write(data[: len(data) // 2])
        await asyncio.sleep(TICK)
        for writer in both:
            self._end(writer, at_once=True)
