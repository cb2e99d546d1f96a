"""Settings: everything that differs between deployments is read from the environment, typed, refused at start if bad.

Every variable read here or elsewhere is documented in `.env.example` (a test compares).
"""

from pathlib import Path

import dj_database_url
from csp.constants import NONCE

from cdp.embedded import endpoints
from cdp.lib import env, logs, secret_files

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")
DEMO = env.flag("DEMO")
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or secret_files.read_or_make(VAR_DIR / "secrets" / "secret_key")
HASH_SALT = env.text("HASH_SALT") or secret_files.read_or_make(VAR_DIR / "secrets" / "hash_salt")
PORT = env.integer("PORT", 8000, low=1, high=65535)
BASE_URL = env.url("BASE_URL", f"http://127.0.0.1:{PORT}", schemes=("http", "https")).rstrip("/")
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", ("*",) if DEMO or DEBUG else ("127.0.0.1", "localhost", "[::1]"))
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS", (BASE_URL,))

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "cdp.api",
    "cdp.demo",
    "cdp.embedded",
    "privacy",
    "recipients",
    "automation",
    "campaigns",
    "notices",
    "mailing",
    "decisions",
    "offers",
    "recommendations",
    "experiments",
    "audiences",
    "segments",
    "people",
    "imports",
    "commerce",
    "events",
    "plans",
    "consent",
    "profiles",
    "connectors",
    "lake",
    "cdp.access",
    "cdp.alarms",
    "cdp.jobs",
    "cdp.outbox",
]

MIDDLEWARE = [
    "cdp.middleware.Requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cdp.middleware.ContentSecurityPolicy",
    "cdp.admin_home.zones.ReadersZone",
]

ROOT_URLCONF = "cdp.urls"
WSGI_APPLICATION = "cdp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "cdp" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {
                "house": "cdp.admin_home.teaching",
                "segment_panels": "cdp.admin_segment.panels",
                "mail_banner": "cdp.admin_mail.banner",
            },
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **dj_database_url.parse(
            env.url("DATABASE_URL", schemes=("postgres", "postgresql")) or endpoints.database_url(VAR_DIR),
            conn_max_age=None,
            conn_health_checks=True,
        ),
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
}
REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix")) or endpoints.redis_url(VAR_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["cdp.formats"]
TIME_ZONE = "UTC"
COMPANY_TIME_ZONE = env.zone("COMPANY_TIME_ZONE", "UTC")  # the company's days; times on pages are in the reader's zone
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "cdp" / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},  # a page's scripts stay below 200 kB
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cdp.access.api.authentication.ServerKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["cdp.access.api.permissions.NobodyUnlessTheViewSays"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cdp.api.problems.exception_handler",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Customer data platform",
    "DESCRIPTION": "Events in, recommendations out. Ingest takes a write key, everything else a server key.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "writeKey": {"type": "http", "scheme": "basic", "description": "The write key as user, no password."},
        },
    },
    "PREPROCESSING_HOOKS": ["cdp.api.openapi.without_slash_twins"],
    "POSTPROCESSING_HOOKS": ["cdp.api.openapi.add_plain_views"],
}

# Pages load nothing from elsewhere and run no inline script or style; the one style of the admin has a nonce.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", NONCE],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'self'"],
    }
}
CSRF_FAILURE_VIEW = "cdp.api.problems.csrf_failure"
X_FRAME_OPTIONS = "SAMEORIGIN"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SECURE_REFERRER_POLICY = "same-origin"
LOGGING = logs.configuration(env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")))

CELERY_BROKER_URL = REDIS_URL
OUTBOX_CELERY_APP = "cdp.celery.app"
OUTBOX_CONSUMERS = "cdp.subscriptions.CONSUMERS"
OUTBOX_PUBLIC_TOPICS = "cdp.subscriptions.PUBLIC_TOPICS"
OUTBOX_WAKES = True  # tests that drain in process turn it off
JOB_KINDS = "cdp.subscriptions.JOB_KINDS"
MAIL_SENDERS = "cdp.subscriptions.MAIL_SENDERS"

# Ingest limits (WIRE.md): bytes an event, bytes and events a request. The bulk lane takes whole invoices as one event.
INGEST_MAX_EVENT_BYTES = env.integer("INGEST_MAX_EVENT_BYTES", 32 * 1024, low=1024, high=16 * 1024 * 1024)
INGEST_MAX_REQUEST_BYTES = env.integer("INGEST_MAX_REQUEST_BYTES", 500 * 1024, low=1024, high=64 * 1024 * 1024)
INGEST_MAX_REQUEST_EVENTS = env.integer("INGEST_MAX_REQUEST_EVENTS", 2500, low=1, high=100_000)
INGEST_MAX_EVENTS_PER_SECOND = env.integer("INGEST_MAX_EVENTS_PER_SECOND", 0, low=0, high=10_000_000)  # 0 = no limit
GEOIP_DATABASE = env.address_file("GEOIP_DATABASE")
INBOX_KEEP_DAYS = env.integer("INBOX_KEEP_DAYS", 30, low=0, high=36_500)  # raw requests, for replay; 0 = for ever
BULK_MAX_EVENT_BYTES = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # the mapping of a file with 1,000 columns has three a column
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the ingest views measure what they read themselves

# Imports: where uploaded files wait (shared, where several machines serve or work), how large one may be, how many
# requests of theirs may wait to be processed before they pause, and for how many days a file is kept after its end.
IMPORTS_DIR = env.folder("IMPORTS_DIR", VAR_DIR / "imports")
IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_BYTES", 2 * 1024**3, low=1024, high=1024**4)
IMPORT_MAX_WAITING = env.integer("IMPORT_MAX_WAITING", 200, low=1, high=100_000)
OFFER_APPROVAL_BUDGET = env.integer("OFFER_APPROVAL_BUDGET", 1_000, low=0, high=10**12)  # 0 = no limit
IMPORT_KEEP_DAYS = env.integer("IMPORT_KEEP_DAYS", 30, low=0, high=3650)

# Uploaded lists until they are read, and files of segments' members, which are deleted after so many days.
SEGMENT_FILES_DIR = env.folder("SEGMENT_FILES_DIR", VAR_DIR / "segment-files")
RECOMMENDATION_CREDIT_DAYS = env.integer("RECOMMENDATION_CREDIT_DAYS", 7, low=0, high=30)  # click or addition to order
SEGMENT_EXPORT_DAYS = env.integer("SEGMENT_EXPORT_DAYS", 3, low=1, high=90)

# The lake: where its files are, and how many rows or seconds of rows wait in PostgreSQL before they are written there.
LAKE_URL: str = env.folder_or_url("LAKE_URL", VAR_DIR / "lake")
LAKE_FLUSH_ROWS = env.integer("LAKE_FLUSH_ROWS", 50_000, low=1, high=10_000_000)
LAKE_FLUSH_S = env.integer("LAKE_FLUSH_S", 30 if DEMO else 600, low=0, high=86_400)
LAKE_ENGINE = env.text("LAKE_ENGINE", "duckdb")  # lake/queries/engine.py refuses what it does not know
AWS_ENDPOINT_URL = env.text("AWS_ENDPOINT_URL")
AWS_REGION = env.text("AWS_REGION")
AWS_ACCESS_KEY_ID = env.text("AWS_ACCESS_KEY_ID")
AWS_SECRET_ACCESS_KEY = env.text("AWS_SECRET_ACCESS_KEY")
AWS_SESSION_TOKEN = env.text("AWS_SESSION_TOKEN")
LAKE_PROJECTIONS = "cdp.projections.projections"

# The law of people of whom no country, address or time zone is known (consent.models.Regime): the strictest.
CONSENT_DEFAULT_REGIME = env.choice("CONSENT_DEFAULT_REGIME", "gdpr", ("gdpr", "ccpa", "can_spam", "other"))
# Kinds of privacy requests that staff decide once they are verified; all others are carried out at once.
PRIVACY_STAFF_DECIDE = env.listing("PRIVACY_STAFF_DECIDE", ("rectify",))
EXPORTS_DIR = env.folder("EXPORTS_DIR", VAR_DIR / "exports")  # ZIPs of access requests, for 7 days
# Whether recipients (webhooks) may be on this machine or in a private network; never link-local ones.
RECIPIENTS_ALLOW_PRIVATE = env.flag("RECIPIENTS_ALLOW_PRIVATE", DEMO)
# Whether feeds of the catalog may be pulled from this machine or a private network; never from link-local addresses.
FEEDS_ALLOW_PRIVATE = env.flag("FEEDS_ALLOW_PRIVATE", DEMO)
FEED_MAX_BYTES = env.integer("FEED_MAX_BYTES", 2 * 1024**3, low=1024, high=1024**4)
SEGMENT_AUDIT_HOUR = env.integer("SEGMENT_AUDIT_HOUR", 4, low=-1, high=23)  # of the company's zone; -1 = only by hand
RETENTION_HOUR = env.integer("RETENTION_HOUR", 3, low=-1, high=23)  # of the company's zone; -1 = only by hand
DPO_CONTACT = env.text("DPO_CONTACT")  # the data protection officer, as the processing register names them
COMPANY_NAME = env.text("COMPANY_NAME", "Larkfell" if DEMO else "Our shop")
COMPANY_ADDRESS = env.text("COMPANY_ADDRESS", "1 Example Street, 10115 Berlin, Germany")
SHOP_URL = env.url("SHOP_URL", f"{BASE_URL}/shop" if DEMO else "https://shop.example", schemes=("http", "https"))
SHOP_URL = SHOP_URL.rstrip("/")
MAIL_FROM = env.text("MAIL_FROM", "Larkfell <hello@larkfell.example>" if DEMO else "shop@example.com")
MAIL_BOUNCES_TO = env.text("MAIL_BOUNCES_TO")  # takes bounces, each under a name of its own (VERP); empty: the sender
MAIL_HOOKS = env.listing("MAIL_HOOKS")  # providers whose reports of bounces and complaints are taken
LINK_NOT_VALID = "privacy.pages.not_valid"  # f(request) → the page of a link that is not ours: it stands above mailing
MAIL_IMAGE_HOSTS = env.listing("MAIL_IMAGE_HOSTS")  # besides the shop's own, hosts whose pictures a mail may show
CART_SETTLE_S = env.integer("CART_SETTLE_S", 60, low=0, high=3600)  # how long late cart news wait for what followed
CART_ABANDONED_MINUTES = env.integer("CART_ABANDONED_MINUTES", 60, low=1, high=10_080)  # untouched: left behind
CART_EXPIRES_DAYS = env.integer("CART_EXPIRES_DAYS", 30, low=1, high=395)  # untouched: expired until touched
# SMTP by default, a provider by django-anymail (with its settings in ANYMAIL), or another backend of Django.
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
ANYMAIL = {name: value for name, _, value in (pair.partition("=") for pair in env.listing("ANYMAIL"))}
EMAIL_HOST = env.text("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.integer("EMAIL_PORT", 1025, low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 20
EMAIL_CONNECTIONS = env.integer("EMAIL_CONNECTIONS", 4, low=1, high=50)  # kept to the mail server, by each worker
DKIM_KEY_FILE = env.text("DKIM_KEY_FILE")  # a private key (PEM); empty: the mail server signs
DKIM_SELECTOR = env.text("DKIM_SELECTOR", "cdp")
DKIM_DOMAIN = env.text("DKIM_DOMAIN")  # empty: the domain of MAIL_FROM
MAIL_CHANNELS: dict[str, str] = {}  # {"sms": "dotted.path.of.a.Hand"}: mailing/channels.py; others go to the console

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# The admin: look, menu and home page (cdp/admin_home), and what a person's page shows (profiles.contracts.PersonPage).
PROFILE_PAGE = "cdp.admin_person.page.context"
PERSON_SEARCH = "cdp.identity_desk.searching.profile_ids_by"  # f(text) → ids of the people the list of people shows
PROFILE_SEGMENTS = "segments.queries.segments_of"  # f(profile id) → segments: the profile API stands below them
PROFILE_CONDITIONS = "segments.queries.conditions.read_conditions"  # f(JSON) → conditions of computed traits
SOURCE_SNIPPET = "cdp.script.snippet.lines_to_paste"  # f(write key, base URL) → text on a browser source's page
UNFOLD = {
    "SITE_TITLE": COMPANY_NAME,
    "SITE_HEADER": COMPANY_NAME,
    "SITE_SUBHEADER": "cdp.admin_home.zones.subheader",
    "SITE_SYMBOL": "hub",
    "SITE_URL": None,
    "STYLES": [f"{STATIC_URL}house/admin.css"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}house/favicon.svg"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "cdp.admin_home.dashboard.dashboard",
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "cdp.admin_home.navigation.sidebar"},
}
