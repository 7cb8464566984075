"""The loop of a bot: each way in which the work on a task can end, and what may get in between."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from djirgo.client import Djirgo, Forbidden, Job, Unauthorized
from tests.client.stub import Asked, Cut, Reply, Step, Stub, problem, task
from tests.servers import eventually


class Board:
    """Hands out what is in its queue, once, and writes down what is said about it."""

    def __init__(self, *ids: int) -> None:
        self.queue = deque(ids)
        self.told: list[tuple[int, str, dict[str, Any]]] = []
        self.renewed: list[int] = []
        self.refusing: dict[str, Step] = {}
        self.claims: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Step:
        *_, subject, verb, _ = asked.path.split("/")
        if verb == "claim":
            self.claims.append(asked.body)
            return Reply(200, task(self.queue.popleft())) if self.queue else Reply(204)
        if verb in self.refusing:
            return self.refusing[verb]
        if verb == "renew":
            self.renewed.append(int(subject))
        else:
            self.told.append((int(subject), verb, asked.body))
        return Reply(200, task(int(subject)))

    @property
    def verbs(self) -> list[tuple[int, str]]:
        return [(id_, verb) for id_, verb, _ in self.told]


@pytest.fixture
def board(stub: Stub) -> Board:
    board = Board(1, 2, 3)
    stub.otherwise = board
    return board


def work(client: Djirgo, board: Board, **options: Any) -> Iterator[Job]:
    """The loop, until the queue has been emptied."""
    for job in client.work("ocr", **options):
        yield job
        if not board.queue:
            client.stop()


# --- How the work ends ------------------------------------------------------------------------------------------------


def test_the_end_of_the_block_completes_the_task(client: Djirgo, board: Board) -> None:
    seen = []
    for job in work(client, board):
        with job:
            seen.append(job.title)
    assert seen == ["Task 1", "Task 2", "Task 3"]
    assert board.told == [(id_, "complete", {"lease": f"lease-of-{id_}"}) for id_ in (1, 2, 3)]


def test_the_end_of_the_loop_s_body_does_so_too(client: Djirgo, board: Board) -> None:
    for job in work(client, board):
        if job.id == 2:
            continue
    assert board.verbs == [(1, "complete"), (2, "complete"), (3, "complete")]


def test_a_claim_asks_for_what_the_loop_was_told(client: Djirgo, board: Board) -> None:
    board.queue = deque([1])
    for _ in client.work("ocr", "scan", project=4, lease_seconds=60, wait_seconds=7):
        client.stop()
    assert board.claims == [{"project": 4, "labels": ["ocr", "scan"], "lease_seconds": 60, "wait_seconds": 7}]


def test_an_exception_in_the_block_fails_the_task_and_the_loop_goes_on(
    client: Djirgo, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    for job in work(client, board):
        with job:
            if job.id == 2:
                raise ValueError("the page is torn")
    assert board.verbs == [(1, "complete"), (2, "fail"), (3, "complete")]
    assert board.told[1][2] == {"lease": "lease-of-2", "reason": "ValueError: the page is torn"}
    assert "test_work.py" in caplog.text


def test_what_the_body_says_itself_holds(client: Djirgo, board: Board) -> None:
    for job in work(client, board):
        with job:
            if job.id == 1:
                assert job.complete()
            elif job.id == 2:
                assert job.fail("no such page", retry=False)
            else:
                assert job.release()
    assert board.verbs == [(1, "complete"), (2, "fail"), (3, "release")]
    assert board.told[1][2] == {"lease": "lease-of-2", "reason": "no such page", "retry": False}


def test_it_holds_without_the_block_as_well(client: Djirgo, board: Board) -> None:
    for job in work(client, board):
        job.complete() if job.id == 1 else job.fail("why")
    assert board.verbs == [(1, "complete"), (2, "fail"), (3, "fail")]


def test_an_exception_behind_the_last_word_changes_nothing(client: Djirgo, board: Board) -> None:
    for job in work(client, board):
        with job:
            job.complete()
            raise ValueError("too late")
    assert board.verbs == [(1, "complete"), (2, "complete"), (3, "complete")]


def test_a_second_word_is_a_mistake_of_the_program(client: Djirgo, board: Board) -> None:
    jobs = client.work("ocr")
    job = next(jobs)
    job.complete()
    with pytest.raises(RuntimeError, match="'complete' was said already, then 'fail'"):
        job.fail("or not")


def test_a_block_that_is_left_by_break_has_come_to_its_end(client: Djirgo, board: Board) -> None:
    for job in client.work("ocr"):
        with job:
            break
    assert board.verbs == [(1, "complete")]


def test_a_loop_that_is_left_without_a_word_spends_an_attempt(client: Djirgo, board: Board) -> None:
    def break_off() -> None:
        for _ in client.work("ocr"):
            raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        break_off()
    assert board.verbs == [(1, "fail")]
    assert "without a word" in board.told[0][2]["reason"]


def test_a_loop_that_nobody_asks_any_more_ends_with_the_client(client: Djirgo, board: Board) -> None:
    jobs = client.work("ocr")
    next(jobs)
    client.close()
    assert board.verbs == [(1, "fail")]
    assert list(jobs) == []


def test_whoever_is_interrupted_gives_the_task_back(client: Djirgo, board: Board) -> None:
    def be_interrupted() -> None:
        for job in client.work("ocr"):
            with job:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        be_interrupted()
    assert board.verbs == [(1, "release")]


@pytest.mark.parametrize("words", ["\0 and \ud800", "x" * 5000, "Щ" * 1001], ids=["broken", "long", "wide"])
def test_an_exception_may_say_anything(
    words: str, client: Djirgo, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(
        logging.CRITICAL, "djirgo.client"
    )  # what is captured is sent on as UTF-8, which knows no surrogates
    board.queue = deque([1])
    for job in work(client, board):
        with job:
            raise ValueError(words)
    reason = board.told[0][2]["reason"]
    assert reason.startswith("ValueError: ")
    assert len(reason) <= 1000
    assert "\0" not in reason
    reason.encode()


# --- The lease --------------------------------------------------------------------------------------------------------


def test_the_lease_is_renewed_while_the_work_goes_on_and_no_longer(client: Djirgo, board: Board) -> None:
    board.queue = deque([1, 2])
    for job in work(client, board, lease_seconds=1):
        with job:
            eventually(lambda job=job: board.renewed.count(job.id) >= 2, "the lease is renewed twice")
            assert not job.lost
    assert set(board.renewed) == {1, 2}
    eventually(lambda: not keepers(), "nobody renews any more")


def keepers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("task ")]


@pytest.mark.parametrize("code", ["lease_lost", "invalid_transition"])
def test_a_body_learns_that_the_lease_is_lost_and_the_loop_goes_on(
    code: str, client: Djirgo, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    lost = problem(409, code, "It is somebody else's.")
    for job in work(client, board, lease_seconds=1):
        with job:
            if job.id == 2:
                board.refusing = {"renew": lost, "complete": lost}
                eventually(lambda job=job: job.lost, "the loss is noticed")
                assert not job.complete()
                board.refusing = {}
    assert board.verbs == [(1, "complete"), (3, "complete")]
    assert "task 2: 'complete' came to nothing" in caplog.text


def test_a_task_that_was_deleted_in_the_meantime_ends_nothing(client: Djirgo, board: Board) -> None:
    board.refusing = {"complete": problem(404, "not_found")}
    for job in work(client, board):
        job.complete()
    assert board.queue == deque()


def test_a_lease_that_could_not_be_renewed_for_its_whole_length_is_taken_for_lost(
    client: Djirgo, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    board.queue = deque([1])
    board.refusing = {"renew": Cut()}
    for job in work(client, board, lease_seconds=1):
        with job:
            eventually(lambda job=job: job.lost, "the lease has run out")
            board.refusing = {}
            eventually(lambda job=job: not job.lost, "the server has the last word, and it renews")
    assert board.verbs == [(1, "complete")]
    assert "the lease was not renewed" in caplog.text


def test_the_last_word_is_repeated_until_it_is_heard(client: Djirgo, board: Board, stub: Stub) -> None:
    board.queue = deque([1])
    failed = problem(500, "server_error")
    for job in work(client, board):
        with job:
            stub.will(failed, Cut(), problem(503, "database_unavailable"))
    assert board.verbs == [(1, "complete")]


def test_or_until_the_lease_has_run_out(client: Djirgo, board: Board, caplog: pytest.LogCaptureFixture) -> None:
    board.queue = deque([1])
    board.refusing = dict.fromkeys(("complete", "renew"), problem(500, "server_error"))
    for job in work(client, board, lease_seconds=1):
        assert not job.complete()
    assert "task 1: 'complete' came to nothing" in caplog.text


# --- Trouble on the way to the next one -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step", [Cut(), problem(503, "database_unavailable"), problem(500, "server_error"), Reply(502, b"<html>")], ids=str
)
def test_trouble_is_waited_for(step: Step, client: Djirgo, board: Board, stub: Stub) -> None:
    stub.will(step, step, step, step, step)
    for _ in work(client, board):
        pass
    assert board.verbs == [(1, "complete"), (2, "complete"), (3, "complete")]


def test_a_claim_whose_answer_was_lost_is_asked_for_again_by_its_key(client: Djirgo, board: Board, stub: Stub) -> None:
    """Else the task that was in that answer would wait for its lease to run out."""
    board.queue = deque([1])
    stub.will(Cut(), problem(409, "idempotency_key_in_use"), problem(500, "server_error"))
    for _ in work(client, board):
        pass
    lost, running, failed, found = [asked.key for asked in stub.asked if asked.path == "/api/tasks/claim/"]
    assert lost == running == failed
    assert failed != found


def test_a_lease_that_may_be_old_is_renewed_at_once(client: Djirgo, board: Board, stub: Stub) -> None:
    stub.will(Cut())
    for job in client.work("ocr", lease_seconds=86_400):
        eventually(lambda job=job: board.renewed == [job.id], "it is known whether the lease still holds")
        client.stop()
    assert board.verbs == [(1, "complete")]


def test_an_empty_queue_is_asked_again(client: Djirgo, board: Board, stub: Stub) -> None:
    stub.will(Reply(204), Reply(204))
    for _ in work(client, board):
        pass
    assert len({asked.key for asked in stub.asked if asked.path == "/api/tasks/claim/"}) == 5


@pytest.mark.parametrize(
    ("step", "kind"), [(problem(401, "token_not_valid"), Unauthorized), (problem(403, "not_allowed"), Forbidden)]
)
def test_what_waiting_does_not_mend_ends_the_loop(
    step: Step, kind: type[Exception], client: Djirgo, stub: Stub
) -> None:
    stub.will(step)
    with pytest.raises(kind):
        next(client.work("ocr"))


# --- Being told to stop -----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _not_deaf() -> Iterator[None]:
    """Whoever is started in the background may have been told to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_task_in_hand_come_to_its_end(number: int, client: Djirgo, board: Board) -> None:
    before = signal.getsignal(number)
    for job in client.work("ocr"):
        with job:
            os.kill(os.getpid(), number)
    assert board.verbs == [(1, "complete")]
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_wait_for_it(client: Djirgo, board: Board) -> None:
    def be_told_twice() -> None:
        for job in client.work("ocr"):
            with job:
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        be_told_twice()
    assert ended.value.code == 128 + signal.SIGTERM
    assert board.verbs == [(1, "release")]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_task_that_comes_after_the_signal_is_given_back(client: Djirgo, stub: Stub, board: Board) -> None:
    def claim(asked: Asked) -> Step:
        os.kill(os.getpid(), signal.SIGTERM)
        return board(asked)

    stub.will(claim)
    assert list(client.work("ocr")) == []
    assert board.verbs == [(1, "release")]


def test_a_bot_that_waits_for_the_server_stops_as_well(client: Djirgo, stub: Stub) -> None:
    def away(asked: Asked) -> Step:
        if len(stub.asked) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return Cut()

    stub.otherwise = away
    assert list(client.work("ocr")) == []


def test_a_signal_that_was_to_be_ignored_is_ignored(client: Djirgo, board: Board) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for job in work(client, board):
            with job:
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert board.verbs == [(1, "complete"), (2, "complete"), (3, "complete")]


def test_in_another_thread_signals_are_left_alone(client: Djirgo, board: Board) -> None:
    before = signal.getsignal(signal.SIGTERM)
    handlers = []

    def run() -> None:
        for _ in work(client, board):
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert handlers == [before] * 3
    assert board.verbs == [(1, "complete"), (2, "complete"), (3, "complete")]


BOT = """
import sys
from djirgo.client import Djirgo
with Djirgo() as client:
    for task in client.work("ocr", wait_seconds=1):
        with task:
            print(task.id, flush=True)
            sys.stdin.readline()
print("bye")
"""


def test_a_bot_that_is_told_to_stop_ends_as_if_it_had_come_to_its_end(stub: Stub, board: Board) -> None:
    bot = subprocess.Popen(
        [sys.executable, "-c", BOT],
        env={"DJIRGO_URL": stub.url, "DJIRGO_TOKEN": "x"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert bot.stdin
    assert bot.stdout
    assert bot.stdout.readline() == "1\n"
    bot.send_signal(signal.SIGTERM)
    said, _ = bot.communicate("\n", timeout=30)
    assert (bot.returncode, said) == (0, "bye\n")
    assert board.verbs == [(1, "complete")]


def test_the_loop_says_what_it_does_to_a_log_of_its_own(client: Djirgo, board: Board, stub: Stub) -> None:
    log = logging.getLogger("djirgo.client")
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    stub.will(Cut())
    for _ in work(client, board):
        pass
    log.removeHandler(handler)
    assert said[0].startswith("There is no work to be had just now: ")
