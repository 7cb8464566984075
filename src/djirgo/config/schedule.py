"""What the clock sets off, and how often. Loaded through the setting `JOB_SCHEDULE`."""

from datetime import timedelta

from djirgo.distribution.jobs import offer_waiting
from djirgo.ops import retention
from djirgo.ops.schedule import Job
from djirgo.tasks.jobs import return_expired_leases, return_work_of_the_departed

SCHEDULE: tuple[Job, ...] = (
    Job("prune", timedelta(minutes=1), retention.prune_a_little),
    Job("return_expired_leases", timedelta(milliseconds=500), return_expired_leases, by_all=True),
    Job("offer_waiting", timedelta(seconds=2), offer_waiting),
    Job("return_work_of_the_departed", timedelta(seconds=5), return_work_of_the_departed),
)
