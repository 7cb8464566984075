"""Boards without a browser: they listen, ask where there is no seat, and fetch the cards of what has changed."""

import asyncio
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

FRAME = re.compile(rb"^id: (\d+)$", re.MULTILINE)
SUBJECT = re.compile(rb'"subject":"tasks/(\d+)"')
SEQUENCE = re.compile(rb'"sequence":(\d+)')
CARDS = "/projects/1/cards/?&ids="
POLL, NO_ROOM, SOON, SPREAD, OFTEN, PATIENCE, MOST = 3.0, 30.0, 0.1, 0.2, 0.5, 5, 10.0
TRIES_AGAIN = 3.0


@dataclass
class Heard:
    """What all boards together have heard, and how late. A change that is heard before it is answered took no time."""

    happened: dict[int, float] = field(default_factory=dict)
    told: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    asked: int = 0
    polls: int = 0
    polling: int = 0
    failed: int = 0

    def forget(self) -> None:
        self.told, self.shown = [], []
        self.asked = self.polls = self.failed = 0

    def since(self, task: int) -> float:
        now = time.monotonic()
        return now - self.happened.get(task, now)


class Board:
    def __init__(self, port: int, session: str, heard: Heard) -> None:
        self.port, self.session, self.heard = port, session, heard
        self.place: int | None = None
        self.changed: set[int] = set()
        self.has_changed = asyncio.Event()

    async def live(self) -> None:
        fetching = asyncio.create_task(self._fetch())
        try:
            while True:
                with suppress(OSError, asyncio.IncompleteReadError):
                    if not await self._listen():
                        await self._poll(time.monotonic() + NO_ROOM)
                await asyncio.sleep(random.uniform(0.4, 0.6))
        finally:
            fetching.cancel()

    async def _listen(self) -> bool:
        """Until it ends. False where there is no seat."""
        after = "" if self.place is None else f"?after={self.place}"
        reader, writer = await self._ask(f"/api/events/stream/{after}")
        try:
            if b" 200 " not in await reader.readline():
                return False
            rest = b""
            while part := await reader.read(65536):
                whole, _, rest = (rest + part).rpartition(b"\n\n")
                self._take([int(task) for task in SUBJECT.findall(whole)], FRAME.findall(whole))
            return True
        finally:
            writer.close()

    async def _poll(self, until: float) -> None:
        self.heard.polling += 1
        try:
            while time.monotonic() < until:
                self.heard.polls += 1
                answer = await self._read(f"/api/events/?page_size=200&after={self.place or 0}")
                self._take([int(task) for task in SUBJECT.findall(answer)], SEQUENCE.findall(answer))
                await asyncio.sleep(POLL)
        finally:
            self.heard.polling -= 1

    def _take(self, tasks: list[int], places: list[bytes]) -> None:
        for task in tasks:
            self.heard.told.append(self.heard.since(task))
        if places:
            self.place = int(places[-1])
        if tasks:
            self.changed.update(tasks)
            self.has_changed.set()

    async def _fetch(self) -> None:
        while True:
            await self.has_changed.wait()
            await asyncio.sleep(SOON + random.uniform(0, SPREAD))
            while self.changed:
                tasks = [self.changed.pop() for _ in range(min(50, len(self.changed)))]
                began = time.monotonic()
                if await self._show(tasks):
                    await asyncio.sleep(max(OFTEN, min(MOST, PATIENCE * (time.monotonic() - began))))
                else:
                    self.changed.update(tasks)
                    await asyncio.sleep(TRIES_AGAIN)
            self.has_changed.clear()

    async def _show(self, tasks: list[int]) -> bool:
        self.heard.asked += 1
        try:
            answer = await self._read(CARDS + ",".join(map(str, tasks)))
        except (OSError, asyncio.IncompleteReadError):
            answer = b""
        if b" 200 " not in answer[:16]:
            self.heard.failed += 1
            return False
        self.heard.shown += [self.heard.since(task) for task in tasks]
        return True

    async def _read(self, path: str) -> bytes:
        reader, writer = await self._ask(path)
        try:
            return await reader.read(-1)
        finally:
            writer.close()

    async def _ask(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", f"Cookie: sessionid={self.session}"]
        writer.write("\r\n".join([*lines, "HX-Request: true", "\r\n"]).encode())
        return reader, writer


@contextmanager
def listening(port: int, sessions: list[str], heard: Heard) -> Iterator[None]:
    """All of them, in a thread of their own, until whoever asked for them has seen enough."""
    is_enough = threading.Event()

    async def live() -> None:
        boards = []
        for session in sessions:
            boards.append(asyncio.create_task(Board(port, session, heard).live()))
            await asyncio.sleep(0.02)
        await asyncio.to_thread(is_enough.wait)
        for board in boards:
            board.cancel()
        await asyncio.gather(*boards, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_enough.set()
        thread.join(30)
