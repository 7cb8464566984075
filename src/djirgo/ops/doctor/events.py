"""Whether what happens is handed on."""

from django.utils import timezone

from djirgo.events.lag import lag
from djirgo.events.models import DeadLetter
from djirgo.ops.doctor.finding import Finding, warning, well
from djirgo.ops.health import LONGEST_LAG


def relay() -> Finding:
    behind = lag(at=timezone.now())
    if behind.seconds > LONGEST_LAG:
        says = f"{behind.events} events wait, the oldest for {behind.seconds:.0f} s"
        return warning(says, "See that `djirgo work` runs, and that it reaches RabbitMQ.")
    return well(f"{behind.events} events behind")


def dead_letters() -> Finding:
    if number := DeadLetter.objects.count():
        return warning(f"consumers gave up on {number} events", "The reasons are in /admin/.")
    return well("none")
