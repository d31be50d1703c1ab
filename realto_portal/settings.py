"""Settings of the portal, in the order in which a person would ask about them.

Every variable of the environment is read here, once, and nowhere else; or a file that it names, with `_FILE` behind its
name. Secure values are the default; `LOCAL=true`, which `make run` and `make test` set, is plain HTTP on this machine,
without secrets. What has to fit together is checked in `checks.py`.
"""

import logging
import warnings
from email.utils import parseaddr
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from . import data_keys, languages, logs, policy
from .environment import Environment
from .reporting import is_installed
from .retention_settings import retention_days
from .staff_settings import *  # noqa: F403  what never differs between deployments
from .staff_settings import provider

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
env.read_env(BASE_DIR / ".env")
number = env.number

# --- Every variable of the environment ----------------------------------------

LOCAL = env.bool("LOCAL", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DATA_KEYS = env.str("DATA_KEYS", default="").replace(",", " ").split()
INDEX_KEY = env.str("INDEX_KEY", default="").strip()
PORT = int(number("PORT", 8000))
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{BASE_DIR / 'var' / 'portal.sqlite3'}"
RATE_LIMIT_STORAGE = env.str("RATE_LIMIT_STORAGE", default="")
STATIC_ROOT = Path(env.str("STATIC_ROOT", default="") or BASE_DIR / "staticfiles")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="").rstrip("/")
SUPPORT_CONTACT = env.str("SUPPORT_CONTACT", default="")
BRAND_NAME = env.str("BRAND_NAME", default="Connect")
BRAND_ACCENT = env.str("BRAND_ACCENT", default="")
PRIVACY_URL = env.str("PRIVACY_URL", default="")
LEGAL_NOTICE_URL = env.str("LEGAL_NOTICE_URL", default="")
TERMS_URL = env.str("TERMS_URL", default="")
CONTROLLER_NAME = env.str("CONTROLLER_NAME", default="").strip()
CONSENT_BY_PHONE = env.bool("CONSENT_BY_PHONE", default=False)
EMAIL_URL = env.str("EMAIL_URL", default="")
MAIL_FROM = env.str("MAIL_FROM", default="")
PUSH_KEY = env.str("PUSH_KEY", default="").strip()
RETURN_HOSTS = env.list("RETURN_HOSTS", default=[])
FORM_ACTION = env.list("FORM_ACTION", default=[])
FRAME_ANCESTORS = env.list("FRAME_ANCESTORS", default=[])
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
RETENTION_DAYS = retention_days(env.list("RETENTION_DAYS", default=[]))

# Whoever may see customers' data proves it twice. Production does not start without; see `checks.py`.
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not (LOCAL or DEBUG))
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
OIDC_GROUPS = env.list("OIDC_GROUPS", default=[])

REALTO_API_URL = env.str("REALTO_API_URL", default="").rstrip("/")
REALTO_API_GENERATION = env.str("REALTO_API_GENERATION", default="realto")
REALTO_CLIENT_ID = env.str("REALTO_CLIENT_ID", default="")
REALTO_CLIENT_SECRET = env.str("REALTO_CLIENT_SECRET", default="")
REALTO_TENANT_ID = env.str("REALTO_TENANT_ID", default="")
REALTO_COLLECTIVE_ID = env.str("REALTO_COLLECTIVE_ID", default="")
REALTO_OWNER_ID = env.str("REALTO_OWNER_ID", default="")
REALTO_TYPES_PATH = env.str("REALTO_TYPES_PATH", default="/v1/onboarding/types")
REALTO_TIMEOUT_SECONDS = number("REALTO_TIMEOUT_SECONDS", 10.0)
REALTO_SETTLE_SECONDS = number("REALTO_SETTLE_SECONDS", 15.0)
REALTO_MAX_CALLS_PER_SECOND = number("REALTO_MAX_CALLS_PER_SECOND", 20.0)
CATALOGUE_REFRESH_SECONDS = int(number("CATALOGUE_REFRESH_SECONDS", 900))
WORKER_THREADS = int(number("WORKER_THREADS", 4))

SANDBOX = env.bool("SANDBOX", default=LOCAL or DEBUG)
SANDBOX_STEP_SECONDS = number("SANDBOX_STEP_SECONDS", 3.0)

# --- Security ----------------------------------------

IS_PRODUCTION = not (LOCAL or DEBUG)
if IS_PRODUCTION and not SECRET_KEY:
    raise ImproperlyConfigured(
        "Set SECRET_KEY to a long random text (or LOCAL=true to try the portal on your own machine)."
    )
SECRET_KEY = SECRET_KEY or "local-only-this-key-protects-nothing-and-is-never-used-in-production"

if not IS_PRODUCTION:
    DATA_KEYS, INDEX_KEY = DATA_KEYS or data_keys.LOCAL_DATA_KEYS, INDEX_KEY or data_keys.LOCAL_INDEX_KEY

IS_HTTPS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = ALLOWED_HOSTS or (["localhost", "127.0.0.1", "[::1]"] if not IS_PRODUCTION else [])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if IS_HTTPS else []
CSRF_FAILURE_VIEW = "realto_portal.errors.csrf_failure"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_PRODUCTION
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Who watches over the processes asks them directly, without the proxy.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)/?$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_CSP = policy.content_policy(FORM_ACTION, OIDC_SERVER_URL)
PICTURE_CSP, SCANNING_CSP = policy.PICTURE, policy.scanning_policy(SECURE_CSP)
RESPONSE_HEADERS, SCANNING_HEADERS, PUSH_SERVICES = policy.HEADERS, policy.SCANNING, policy.PUSH_SERVICES
# Browsers take the prefix as a promise: sent over https only, to this host only, and set by nobody else.
COOKIE_PREFIX = "__Host-" if IS_PRODUCTION else ""
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"

# Customers and staff have a cookie each, so that neither ends what the other began in the same browser.
BROWSER_COOKIE_NAME = f"{COOKIE_PREFIX}portal"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}desk"

# --- How staff sign in ----------------------------------------

ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
SOCIALACCOUNT_PROVIDERS = provider(OIDC_SERVER_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)

# --- The platform ----------------------------------------

# Empty REALTO_API_URL: the embedded sandbox, reached through its own httpx transport. `onboarding` and `sandbox`
# never import each other; they meet here, by dotted path.
USES_EMBEDDED_SANDBOX = not REALTO_API_URL
REALTO_CREDENTIALS_SET = bool(REALTO_CLIENT_ID or REALTO_CLIENT_SECRET)
SANDBOX_TRANSPORT = "sandbox.transport.SandboxTransport"
SANDBOX_URL = "http://sandbox.invalid"
SANDBOX_CLIENT_ID = "sandbox-client"
SANDBOX_CLIENT_SECRET = "sandbox-secret"  # noqa: S105  opens nothing but the local sandbox
SANDBOX_OLD_ROWS = "sandbox.models.old_requests"
# However slow a magic identifier is, a connection to `runsandbox` ends after this many seconds.
SANDBOX_LONGEST_WAIT = 30.0
# Where a browser finds the sandbox's own pages; `runsandbox` puts its own address here.
SANDBOX_PAGES_URL = f"{PUBLIC_URL}/sandbox"
if USES_EMBEDDED_SANDBOX:
    REALTO_CLIENT_ID = REALTO_CLIENT_ID or SANDBOX_CLIENT_ID
    REALTO_CLIENT_SECRET = REALTO_CLIENT_SECRET or SANDBOX_CLIENT_SECRET

# --- Your own systems ----------------------------------------

# The longest that one call to a webhook endpoint may take, to the last byte of the answer.
WEBHOOK_TIMEOUT_SECONDS = 10.0

# --- Applications and the request's way through ----------------------------------------

IS_TRACED = bool(OTEL_EXPORTER_OTLP_ENDPOINT) and is_installed("opentelemetry.sdk")
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    *(["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"] if OIDC_SERVER_URL else []),
    "realto_portal",
    "onboarding",
    *(["sandbox"] if SANDBOX else []),
]

MIDDLEWARE = [
    "realto_portal.request_id.RequestIdMiddleware",
    "onboarding.monitoring.web_metrics.MetricsMiddleware",
    *(["realto_portal.traces.TracesMiddleware"] if IS_TRACED else []),
    "realto_portal.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "onboarding.access.browsers.keep_browser",
    "realto_portal.input.InputMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "onboarding.staff.middleware.DeskMiddleware",
    "realto_portal.errors.UnavailableMiddleware",
]

ROOT_URLCONF = "realto_portal.urls"
WSGI_APPLICATION = "realto_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "realto_portal.context.portal",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database and background tasks ----------------------------------------

with warnings.catch_warnings(action="ignore"):  # it would print the address; we say what to set
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if not DATABASES["default"].get("ENGINE"):
    raise ImproperlyConfigured("Set DATABASE_URL to a database's address, e.g. postgres://user:password@host/name.")
DATABASES["default"]["CONN_MAX_AGE"] = 600  # to open a connection costs more than what most pages ask of it
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    (BASE_DIR / "var").mkdir(exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Nobody waits for ever for a server that is gone, also without a word, or for a lock that somebody holds.
    gone = {"tcp_user_timeout": 10_000, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
    patience = {"connect_timeout": 10, **gone, "options": "-c lock_timeout=10s"}
    DATABASES["default"]["OPTIONS"] = patience | DATABASES["default"].get("OPTIONS", {})

# Only `worker --threads 0` queues tasks: for a backend with workers of its own, named here. This one does them at once.
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend", "QUEUES": ["default", "webhooks"]}}

# --- Mail ----------------------------------------

try:
    _mail = env.email_url_config(EMAIL_URL or "consolemail://")
except ImproperlyConfigured:
    raise ImproperlyConfigured("Set EMAIL_URL to e.g. smtp+tls://user:password@host:587, or leave it empty.") from None
_SMTP = {
    "host": _mail["EMAIL_HOST"],
    "port": _mail["EMAIL_PORT"],
    "username": _mail["EMAIL_HOST_USER"],
    "password": _mail["EMAIL_HOST_PASSWORD"],
    "use_tls": _mail.get("EMAIL_USE_TLS", False),
    "use_ssl": _mail.get("EMAIL_USE_SSL", False),
    "timeout": 20,
}
# Django's own is without end when a server answers slowly.
if _mail["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
    MAILERS = {"default": {"BACKEND": "onboarding.mail.smtp.EmailBackend", "OPTIONS": _SMTP}}
else:
    MAILERS = {"default": {"BACKEND": _mail["EMAIL_BACKEND"], "OPTIONS": {}}}
DEFAULT_FROM_EMAIL = MAIL_FROM or f"{BRAND_NAME} <no-reply@localhost>"
MAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"

# --- Language, time, files, logs ----------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = languages.in_folder(BASE_DIR / "locale")
DESK_LANGUAGES = languages.AT_THE_DESK
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
LANGUAGE_COOKIE_AGE = 400 * 24 * 3600  # browsers keep no cookie for longer
LANGUAGE_COOKIE_SECURE = IS_PRODUCTION
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "realto_portal.formats"
USE_I18N = True
TIME_ZONE = "Europe/Brussels"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

if LOG_LEVEL not in logging.getLevelNamesMapping():
    raise ImproperlyConfigured("Set LOG_LEVEL to DEBUG, INFO, WARNING or ERROR.")
if LOG_FORMAT not in logs.FORMATS:
    raise ImproperlyConfigured("Set LOG_FORMAT to line or json, or leave it out.")
LOGGING = logs.config(LOG_LEVEL, LOG_FORMAT)
