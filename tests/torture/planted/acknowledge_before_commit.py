"""A message is let go of before what it stands for is written."""

import time
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from djirgo.events.consumer import Consumer
from djirgo.events.message import Message
from djirgo.events.models import Receipt
from djirgo.intake import writer
from djirgo.intake.writer import Writer, write
from tests.torture.planted import put_in_place_of

#: So long there is to be killed in.
MOMENT = 0.3


def plant() -> None:
    put_in_place_of(Consumer, "_deal_with", deal_with)
    put_in_place_of(Writer, "step", step)


def deal_with(consumer: Consumer, batch: Sequence[Message]) -> None:
    consumer.inbox.acknowledge(batch)
    with transaction.atomic():
        if fresh := consumer._not_dealt_with(batch):
            name = consumer.subscription.name
            Receipt.objects.leave(name, [message.id for message in fresh], at=timezone.now())
            consumer.subscription.handle(fresh)


def step(taking_in: Writer) -> bool:
    batch = writer._as_many_as_are_written_at_once(taking_in.inbox.take())
    if batch:
        taking_in.inbox.acknowledge(batch)
        time.sleep(MOMENT)
        write(batch, at=timezone.now())
    return bool(batch)
