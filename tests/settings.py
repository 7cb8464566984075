"""The settings under test: those of an installation, with a quick password hasher and a database of our own.

On SQLite the database is a file with the options of production, so that threads meet each other as they would there.
"""

from djirgo.config.settings import *  # noqa: F403
from djirgo.config.settings import DATA_DIR, DATABASES, EMBEDDED

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if EMBEDDED:
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
