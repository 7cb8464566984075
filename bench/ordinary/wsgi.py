"""The ordinary service, as a WSGI server loads it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.ordinary.settings"
application = get_wsgi_application()
