"""Django's settings, built from the few that an installation sets (`config.env`, `.env.example`)."""

import os
from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF

from djirgo.config import env
from djirgo.ops.logs import to_stderr

# --- The installation -------------------------------------------------------------------------------------------

DATA_DIR = env.folder("DJIRGO_DATA_DIR", "./data")
SECRET_KEY = env.secret("DJIRGO_SECRET_KEY", kept_in=DATA_DIR / "secret.key")
DEBUG = env.flag("DJIRGO_DEBUG", False)

HOST = env.text("DJIRGO_HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, at_least=1, at_most=65535)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WEB_PROCESSES = env.number("DJIRGO_WEB_PROCESSES", min(CORES, 4), at_least=1, at_most=256)
WEB_THREADS = env.number("DJIRGO_WEB_THREADS", 32, at_least=1, at_most=512)
#: Streams have their threads beside these, and yet fewer than half as many: they share the connections to the database.
LIVE_STREAMS = env.number(
    "DJIRGO_LIVE_STREAMS", WEB_THREADS * 3 // 8, at_most=max(0, WEB_THREADS - WEB_THREADS // 2 - 1)
)
#: Requests that wait until these have got on; whoever comes when there is no room is refused at once.
WEB_WAITING = env.number("DJIRGO_WEB_WAITING", 32, at_most=512)
#: Those who answer, those who take in what waits, the streams, and a few for probes and for refusing all others.
SERVER_THREADS = WEB_THREADS + WEB_WAITING + LIVE_STREAMS + 4
MAX_BODY_BYTES = env.number("DJIRGO_MAX_BODY_BYTES", 16 * 2**20, at_least=2**16)

# The machine itself may always ask: that is where health checks come from.
ALLOWED_HOSTS = [*env.words("DJIRGO_ALLOWED_HOSTS"), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.origins("DJIRGO_TRUSTED_ORIGINS")
BEHIND_PROXY = env.flag("DJIRGO_BEHIND_PROXY", False)

REGISTRATION = env.choice("DJIRGO_REGISTRATION", "open", ["open", "closed"])
#: Requests that one user, or one address where nobody is logged in, may send to each process; 0 is any number.
RATE_LIMIT = env.number("DJIRGO_RATE_LIMIT", 10_000, at_most=10**6)
RATE_LIMIT_SECONDS = env.number("DJIRGO_RATE_LIMIT_SECONDS", 10, at_least=1, at_most=3600)

METRICS_TOKEN = env.text("DJIRGO_METRICS_TOKEN")
WORKER_PORT = env.number("DJIRGO_WORKER_PORT", 0, at_most=65535)
MAX_ATTEMPTS = env.number("DJIRGO_MAX_ATTEMPTS", 3, at_least=1, at_most=1000)

LOG_LEVEL = env.choice("DJIRGO_LOG_LEVEL", "info", ["debug", "info", "warning", "error"])
LOG_FORMAT = env.choice("DJIRGO_LOG_FORMAT", "json", ["json", "text"])
LOGGING = to_stderr(LOG_LEVEL, LOG_FORMAT)

# --- The broker -------------------------------------------------------------------------------------------------

RABBITMQ_URL = env.amqp("RABBITMQ_URL")
EVENT_SOURCE = env.text("DJIRGO_EVENT_SOURCE", "djirgo")
EVENT_SUBSCRIPTIONS = "djirgo.config.subscriptions.SUBSCRIPTIONS"
JOB_SCHEDULE = "djirgo.config.schedule.SCHEDULE"
DISTRIBUTION_POLICIES = "djirgo.distribution.policies.POLICIES"

# --- The database -----------------------------------------------------------------------------------------------

DATABASE = env.database("DATABASE_URL", DATA_DIR / "djirgo.sqlite3")
EMBEDDED = DATABASE["ENGINE"] == env.SQLITE
DATABASE_CONNECTIONS = env.number("DJIRGO_DATABASE_CONNECTIONS", 16, at_least=2, at_most=1000)
PREPARED_STATEMENTS = env.flag("DJIRGO_PREPARED_STATEMENTS", True)


def _database() -> dict[str, Any]:
    """One connection per thread on SQLite, a pool per process on PostgreSQL."""
    if EMBEDDED:
        return DATABASE | {
            "ENGINE": "djirgo.ops.sqlite",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # A writer takes its lock when it begins, so that no transaction has to be upgraded and fail.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # Django's fields read what they find; sqlite3 need not do it before them, in Python, value by value.
                "detect_types": 0,
                # FULL: in WAL mode NORMAL may lose the last commits when the power goes.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
            },
        }
    return DATABASE | {
        # Looks after its connections itself: one that the server has closed costs no failed request.
        "ENGINE": "djirgo.ops.postgresql",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": DATABASE_CONNECTIONS,
                # `max_waiting` is not for us: those who gave up still count, so that after an outage nobody gets in.
                "timeout": 3,
                # The longer it tries to reconnect, the longer it rests in between, also when the server is back.
                "reconnect_timeout": 2,
                "max_lifetime": 600,
            },
            "connect_timeout": 5,
            # A server that vanished without a word, as one whose power went, is given up after a quarter of a minute,
            # and not after the system's quarter of an hour, or two hours where nothing was being sent.
            "tcp_user_timeout": 15_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "application_name": "djirgo",
            # A forgotten open transaction keeps dead rows on the hot indexes and slows everybody down.
            "options": "-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s",
        }
        | DATABASE.get("OPTIONS", {}),
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- What is kept how long; 0 is for ever -----------------------------------------------------------------------

KEEP_EVENTS = timedelta(days=env.number("DJIRGO_KEEP_EVENTS_DAYS", 365, at_most=36500))
KEEP_RECEIPTS = timedelta(days=env.number("DJIRGO_KEEP_RECEIPTS_DAYS", 30, at_most=36500))
KEEP_IDEMPOTENCY_KEYS = timedelta(hours=env.number("DJIRGO_KEEP_IDEMPOTENCY_KEYS_HOURS", 24, at_least=1, at_most=8760))
KEEP_DEAD_TOKENS = timedelta(days=env.number("DJIRGO_KEEP_DEAD_TOKENS_DAYS", 7, at_most=36500))
KEEP_FINISHED_TASKS = timedelta(days=env.number("DJIRGO_KEEP_FINISHED_TASKS_DAYS", 0, at_most=36500))
KEEP_INTAKE = timedelta(days=env.number("DJIRGO_KEEP_INTAKE_DAYS", 30, at_least=1, at_most=36500))
KEEP_MESSAGES = timedelta(days=env.number("DJIRGO_KEEP_MESSAGES_DAYS", 30, at_most=49))

# --- Django -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "djirgo.cli",
    "djirgo.web",
    "djirgo.ops",
    "djirgo.live",
    "djirgo.intake",
    "djirgo.tasks",
    "djirgo.accounts",
    "djirgo.events",
    "djirgo.rest",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "djoser",
    "axes",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

#: What every request goes through. Behind it stands what belongs to programs, or what belongs to people.
MIDDLEWARE = [
    "djirgo.ops.logs.RequestLog",
    "djirgo.ops.metrics.CountRequests",
    "djirgo.ops.admission.Admission",
    "djirgo.config.ways_in.WaysIn",
]
API_MIDDLEWARE = [
    "djirgo.config.ways_in.ForPrograms",
    "djirgo.config.api_errors.Refusals",
]
PAGE_MIDDLEWARE = [
    "djirgo.config.ways_in.ForPeople",
    "djirgo.web.compression.CompressPages",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "djirgo.config.api_errors.Refusals",
]

ROOT_URLCONF = "djirgo.config.urls"
WSGI_APPLICATION = "djirgo.config.wsgi.application"
APPEND_SLASH = False
# One limit for a body, whoever reads it.
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "djirgo.web.shell.shell",
            ],
        },
    },
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_DIR = env.text("DJIRGO_STATIC_DIR")
# Without a folder of collected files they are served from the packages, and this one stays empty.
STATIC_ROOT = STATIC_DIR or env.folder_in(DATA_DIR, "static")
WHITENOISE_USE_FINDERS = not STATIC_DIR
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "djirgo.web.storage.StaticFiles"
        if STATIC_DIR
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

EMAIL = env.mail("DJIRGO_EMAIL_URL", DATA_DIR / "mail")
vars().update(EMAIL)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DJIRGO_FROM_EMAIL", "djirgo@localhost")

# --- Security ---------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
#: Everything comes from here, and nothing from within a page: no script, no style, no frame.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
CSRF_FAILURE_VIEW = "djirgo.config.api_errors.without_csrf_token"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_PROXY
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS and the redirect to https belong to the proxy that ends TLS
    "security.W008",
    "security.W012",  # cookies are secure as soon as such a proxy is there
    "security.W016",
    "admin.E408",  # what these miss in MIDDLEWARE stands in PAGE_MIDDLEWARE
    "admin.E409",
    "admin.E410",
    "axes.W002",
]

# --- Accounts ---------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/log-in/"
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_TRIES = env.number("DJIRGO_LOGIN_TRIES", 10, at_least=1, at_most=10_000)
LOGIN_LOCK = timedelta(seconds=env.number("DJIRGO_LOGIN_LOCK_SECONDS", 900, at_least=1, at_most=86_400))

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.number("DJIRGO_ACCESS_TOKEN_MINUTES", 60, at_least=1, at_most=1440)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.number("DJIRGO_REFRESH_TOKEN_DAYS", 30, at_least=1, at_most=365)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}

DJOSER = {
    "TOKEN_MODEL": None,
    "SERIALIZERS": {
        "user": "djirgo.accounts.api.serializers.AccountSerializer",
        "current_user": "djirgo.accounts.api.serializers.AccountSerializer",
        "user_create": "djirgo.accounts.api.serializers.RegistrationSerializer",
        "user_delete": "djirgo.accounts.api.serializers.CloseAccountSerializer",
        "set_password": "djirgo.accounts.api.serializers.SetPasswordSerializer",
        "password_reset": "djirgo.accounts.api.serializers.ResetPasswordSerializer",
        "password_reset_confirm": "djirgo.accounts.api.serializers.ConfirmResetSerializer",
    },
}

AXES_FAILURE_LIMIT = LOGIN_TRIES
AXES_COOLOFF_TIME = LOGIN_LOCK
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_CLIENT_IP_CALLABLE = "djirgo.accounts.login_limit.client_address"
AXES_USERNAME_CALLABLE = "djirgo.accounts.login_limit.counted_name"
AXES_LOCKOUT_CALLABLE = "djirgo.accounts.login_limit.refuse_page"
AXES_VERBOSE = False

# --- REST framework ---------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["djirgo.accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "djirgo.accounts.permissions.WithinScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["djirgo.accounts.rate_limit.PerUser"],
    "DEFAULT_RENDERER_CLASSES": ["djirgo.rest.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["djirgo.rest.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "djirgo.rest.negotiation.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "djirgo.rest.schema.AutoSchema",
    "EXCEPTION_HANDLER": "djirgo.config.api_errors.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DATETIME_FORMAT": "iso-8601",
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Djirgo",
    "DESCRIPTION": "A task board that is also a durable work queue. What clients may rely on: docs/api.md.",
    "VERSION": "1",
    "LICENSE": {"name": "MIT"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/(auth/)?",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "djirgo.rest.schema.add_problems",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True, "validatorUrl": None},
}
