"""The web application, as a WSGI server loads it."""

import os

from django.core.wsgi import get_wsgi_application

from djirgo.ops.lifeline import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "djirgo.config.settings")
if server := os.environ.get("DJIRGO_SERVER_PID"):
    die_with_parent(int(server))

application = get_wsgi_application()
