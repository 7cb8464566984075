"""What is done to those who work, and to what they work with. A new fault is a function and a row in the table."""

import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import pika
from pika.exceptions import AMQPError

from tests.proxy import Proxy
from tests.servers import PostgreSQL, RabbitMQ
from tests.torture.claimer import LEASE
from tests.torture.ground import Ground
from tests.torture.journals import messages_in
from tests.torture.scene import Program, Scene

Dice = random.Random
#: Longer than a lease lasts, of a task as of a place in the log.
PAST_THE_LEASE = LEASE + 2
#: Of what a consumer was brought.
BROUGHT_AGAIN = 20


# --- Processes --------------------------------------------------------------------------------------------------------


def kill_a_claimer(scene: Scene, dice: Dice) -> None:
    _kill_one_of(scene.claimers, dice)


def kill_a_sender(scene: Scene, dice: Dice) -> None:
    _kill_one_of(scene.senders, dice)


def kill_the_consumer(scene: Scene, dice: Dice) -> None:
    """With what it has not acknowledged: the next one is brought that again."""
    scene.consumer.kill()


def kill_a_worker(scene: Scene, dice: Dice) -> None:
    dice.choice(scene.workers).kill()


def kill_a_web_process(scene: Scene, dice: Dice) -> None:
    """One of those that answer; the server puts another in its place."""
    _tell_one_of(scene.web.descendants(), signal.SIGKILL, dice)


def kill_the_web(scene: Scene, dice: Dice) -> None:
    scene.web.kill()


def freeze_a_claimer(scene: Scene, dice: Dice) -> None:
    _freeze(dice.choice(scene.claimers), PAST_THE_LEASE, scene)


def freeze_a_worker(scene: Scene, dice: Dice) -> None:
    _freeze(dice.choice(scene.workers).popen, PAST_THE_LEASE, scene)


def freeze_a_web_process(scene: Scene, dice: Dice) -> None:
    """With whatever it holds in the database."""
    if pid := _tell_one_of(scene.web.descendants(), signal.SIGSTOP, dice):
        scene.after(dice.uniform(2, 6), partial(_tell, pid, signal.SIGCONT))


# --- Servers ----------------------------------------------------------------------------------------------------------


def kill_the_broker(scene: Scene, dice: Dice) -> None:
    """Or a node of it, while the others go on."""
    node = _node(scene, dice)
    node.kill()
    scene.after(dice.uniform(0, 3), partial(_start, node))


def freeze_the_broker(scene: Scene, dice: Dice) -> None:
    node = _node(scene, dice)
    node.freeze()
    scene.after(dice.uniform(2, 7), node.thaw)


def bring_again(scene: Scene, dice: Dice) -> None:
    """What was delivered is delivered to everybody once more, by somebody who is not sure that it was."""
    node = _node(scene, dice)
    with suppress(AMQPError), pika.BlockingConnection(pika.URLParameters(node.url())) as connection:
        channel = connection.channel()
        for message in list(messages_in(scene.home))[-BROUGHT_AGAIN:]:
            channel.basic_publish("djirgo.events", message["type"], json.dumps(message).encode())


def restart_the_database(scene: Scene, dice: Dice) -> None:
    database = _database(scene)
    database.stop_at_once()
    scene.after(dice.uniform(0, 3), partial(_start, database))


def freeze_the_database(scene: Scene, dice: Dice) -> None:
    _database(scene).freeze()
    scene.after(dice.uniform(1, 4), _database(scene).thaw)


def fill_the_disk(scene: Scene, dice: Dice) -> None:
    disk = scene.ground.disk
    assert disk is not None
    disk.fill()
    scene.after(dice.uniform(1, 4), partial(_make_room, scene))


def _make_room(scene: Scene) -> None:
    """A database that has given up for want of it is started again."""
    assert scene.ground.disk is not None
    scene.ground.disk.make_room()
    if scene.ground.database and not scene.ground.database.is_running:
        _start(scene.ground.database)


# --- The ways to them -------------------------------------------------------------------------------------------------


def reset(way: Proxy, scene: Scene, dice: Dice) -> None:
    way.reset()


def tear_a_frame(way: Proxy, scene: Scene, dice: Dice) -> None:
    way.tears.set()


def swallow(way: Proxy, scene: Scene, dice: Dice) -> None:
    """A black hole: what is sent goes nowhere. In the end both sides find out, or it comes out again."""
    way.holds.set()
    scene.after(dice.uniform(1, 7), partial(_give_back, way, dice.random() < 0.5))


def slow_down(way: Proxy, scene: Scene, dice: Dice) -> None:
    way.delay = dice.uniform(0.005, 0.05)
    scene.after(dice.uniform(1, 4), partial(setattr, way, "delay", 0.0))


def _give_back(way: Proxy, breaks: bool) -> None:
    if breaks:
        way.reset()
    way.holds.clear()


# --- How it is done ---------------------------------------------------------------------------------------------------


def _kill_one_of(programs: list[Program], dice: Dice) -> None:
    program = dice.choice(programs)
    program.kill()
    program.wait()


def _freeze(process: Program, seconds: float, scene: Scene) -> None:
    process.send_signal(signal.SIGSTOP)
    scene.after(seconds, partial(process.send_signal, signal.SIGCONT))


def _tell_one_of(pids: list[int], how: signal.Signals, dice: Dice) -> int | None:
    pid = dice.choice(pids) if pids else None
    if pid:
        _tell(pid, how)
    return pid


def _tell(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def _start(server: PostgreSQL | RabbitMQ) -> None:
    """Unless somebody has meanwhile."""
    if not server.is_running:
        server.start()


def _node(scene: Scene, dice: Dice) -> RabbitMQ:
    """The one that is away, if one is, so that more than half of them stay."""
    nodes = scene.ground.brokers
    return next((node for node in nodes if not node.is_running), dice.choice(nodes))


def _database(scene: Scene) -> PostgreSQL:
    assert scene.ground.database is not None
    return scene.ground.database


# --- The table --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    happen: Callable[[Scene, Dice], None]
    #: How often, compared with the others.
    weight: int
    is_possible: Callable[[Ground], bool] = lambda ground: True
    name: str = ""


def _has_broker(ground: Ground) -> bool:
    return bool(ground.brokers)


def _has_server(ground: Ground) -> bool:
    return ground.database is not None


def _has_disk(ground: Ground) -> bool:
    return ground.disk is not None


FAULTS = (
    Fault(kill_a_claimer, 6),
    Fault(kill_a_sender, 2),
    Fault(kill_the_consumer, 3),
    Fault(kill_a_web_process, 3),
    Fault(kill_a_worker, 3),
    Fault(kill_the_web, 1),
    Fault(freeze_a_claimer, 2),
    Fault(freeze_a_worker, 1),
    Fault(freeze_a_web_process, 1),
    Fault(kill_the_broker, 2, _has_broker),
    Fault(freeze_the_broker, 1, _has_broker),
    Fault(bring_again, 2, _has_broker),
    Fault(restart_the_database, 2, _has_server),
    Fault(freeze_the_database, 1, _has_server),
    Fault(fill_the_disk, 1, _has_disk),
)
FAULTS_OF_A_WAY = ((reset, 2), (tear_a_frame, 2), (swallow, 1), (slow_down, 1))


def table(ground: Ground) -> list[Fault]:
    """What can be done there, each with the name that it is told by."""
    named = [
        Fault(fault.happen, fault.weight, name=fault.happen.__name__) for fault in FAULTS if fault.is_possible(ground)
    ]
    return named + [
        Fault(partial(happen, way), weight, name=f"{happen.__name__}_{to}")
        for to, way in ground.ways.items()
        for happen, weight in FAULTS_OF_A_WAY
    ]


def dealt(faults: list[Fault], dice: Dice) -> Iterator[Fault]:
    """As from a pack of cards: first each of them once, then as often as its weight says, again and again."""
    while True:
        for pack in (faults, [fault for fault in faults for _ in range(fault.weight - 1)] or faults):
            yield from dice.sample(pack, len(pack))
