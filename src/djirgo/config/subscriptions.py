"""Which consumer hears of which events. Loaded through the setting `EVENT_SUBSCRIPTIONS`."""

from djirgo.events.subscriptions import Subscription

SUBSCRIPTIONS: tuple[Subscription, ...] = ()
