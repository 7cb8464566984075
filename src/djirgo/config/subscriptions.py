"""Which consumer hears of which events. Loaded through the setting `EVENT_SUBSCRIPTIONS`."""

from djirgo.events.subscriptions import Subscription
from djirgo.tasks.consumers import count_by_status

SUBSCRIPTIONS: tuple[Subscription, ...] = (Subscription("task_counts", ("task.#",), count_by_status),)
