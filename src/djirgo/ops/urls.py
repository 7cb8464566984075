"""What machines ask about the program."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from djirgo.ops.health import healthz, readyz
from djirgo.ops.metrics import metrics

urlpatterns = [
    path("healthz", csrf_exempt(healthz), name="healthz"),
    path("readyz", csrf_exempt(readyz), name="readyz"),
    path("metrics", csrf_exempt(metrics), name="metrics"),
]
