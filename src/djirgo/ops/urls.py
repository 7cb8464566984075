"""What machines ask about the program."""

from django.urls import path

from djirgo.ops.health import healthz, readyz
from djirgo.ops.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
