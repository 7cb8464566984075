"""Which consumer hears of which events. Loaded through the setting `EVENT_SUBSCRIPTIONS`."""

from djirgo.distribution.consumers import give_out_work
from djirgo.events.subscriptions import Subscription
from djirgo.tasks.consumers import count_by_status

SUBSCRIPTIONS: tuple[Subscription, ...] = (
    Subscription("task_counts", ("task.#",), count_by_status),
    Subscription("distribution", ("task.#", "member.#", "project.updated"), give_out_work),
)
