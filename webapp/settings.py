"""Every setting, from the environment. Each variable has a line in .env.example; a test compares the two."""

from pathlib import Path

import pymysql
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from webapp import environment as env
from webapp.core import logs
from webapp.live.isolation import add_headers

pymysql.install_as_MySQLdb()  # Django's mysql backend imports MySQLdb; PyMySQL answers to that name

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_file(Path(env.text("ENV_FILE", str(BASE_DIR / ".env"))))
DATA = env.folder("AIMAKER_DATA", BASE_DIR / "var")

# Where we listen and what we are called
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, 1, 65534)
LIVE_PORT = env.integer("LIVE_PORT", PORT + 1, 1, 65535)
PUBLIC_URL = env.text("PUBLIC_URL").rstrip("/")  # https://ai.example.org when a proxy stands in front
HTTPS = PUBLIC_URL.startswith("https://")
DEBUG = env.boolean("DEBUG")
SECRET_KEY = env.secret_key(DATA)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", f"localhost,127.0.0.1,[::1],{HOST}")
env.refuse_open_doors(HTTPS, DEBUG, ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, 0, 5)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "webapp.accounts",  # before allauth, whose page templates it replaces
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "ninja",
    "webapp.core",
    "webapp.projects",
    "webapp.images",
    "webapp.keys",
    "webapp.ingest",
    "webapp.collect",
    "webapp.training",
    "webapp.review",
    "webapp.exports",
    "webapp.instant",
    "webapp.similar",
    "webapp.serving",
    "webapp.takedown",
    "webapp.answers",
    "webapp.live",
    "webapp.sharing",
    "webapp.tuning",
    "webapp.bundles",
    "webapp.watch",
    "webapp.fleet",
    "webapp.operate",
    "webapp.api",
]

MIDDLEWARE = [
    "webapp.core.tracing.RouteMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webapp.core.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "webapp.core.inside.InsideMiddleware",  # Prometheus and health checks know no name of ours
    "webapp.api.middleware.TokenMiddleware",  # programs need none of the following
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "webapp.core.bodies.BodyMiddleware",  # before whatever reads a form
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "webapp.live.middleware.LiveMiddleware",
    "webapp.core.middleware.UserErrorMiddleware",
    "webapp.api.middleware.ApiMiddleware",
]

ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
ASGI_APPLICATION = "webapp.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database, store, broker
DATABASES = {"default": env.database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STORE_BUCKET = env.text("STORE_BUCKET")  # an S3 bucket; without it files live in the data folder
STORE_FOLDER = env.mounted("STORE_FOLDER")  # a folder that several machines share
STORE = STORE_FOLDER or DATA / "store"
FILES_BY = env.files_by()  # who carries private files to the browser: webapp/core/sending.py
STORE_URL = env.text("STORE_URL")  # where browsers reach the bucket, with FILES_BY=signed
BACKUPS = env.text("BACKUPS")  # where `manage.py backup` is told to write each night, for the doctor to look
REDIS_URL = env.text("REDIS_URL")  # without it, `manage.py up` starts a private Redis in the data folder
STORAGES = {
    "default": (
        {"BACKEND": "webapp.core.bucket.Bucket", "OPTIONS": {"bucket_name": STORE_BUCKET}}
        if STORE_BUCKET
        else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": STORE, "file_permissions_mode": 0o640}}
    ),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.boolean("STATIC_HASHES", True)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# In the database, so that all web processes count wrong passwords together; nothing that is asked for often is kept in it.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["webapp.accounts.backends.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "webapp.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"change_password": "webapp.accounts.password_forms.ChangePasswordForm", "reset_password_from_key": "webapp.accounts.password_forms.ResetPasswordKeyForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "none")  # none, optional or mandatory (needs a mail server)
ACCOUNT_RATE_LIMITS = {"login_failed": "10/5m/ip,10/5m/key", "login": "60/m/ip", "signup": "60/h/ip", "reset_password": "5/h/ip,5/d/key"}
ACCOUNT_SESSION_REMEMBER = True  # as long as a guest is remembered; no box to tick
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # a guest is logged in, and may still sign up or in
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "projects:mine"
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")

API_RATE = env.integer("API_RATE", 600, 0, 1_000_000)  # calls a minute with one API token, and the most that a key of a project may have; 0 for no limit
USAGE_SECONDS = env.integer("USAGE_SECONDS", 10, 0, 3600)  # how often it is written down how much keys are used; 0: never

# Sessions, cookies, headers
SESSION_ENGINE = "webapp.accounts.sessions"  # several web processes: a cache inside one of them would go stale in the others
SESSION_COOKIE_AGE = 365 * 24 * 3600  # a guest keeps everything in that browser, and has nothing else to come back with
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "webapp.core.views.csrf_failure"
SECURE_SSL_REDIRECT = False  # the proxy redirects; the inner hop is plain
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # which asks for the redirect
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 63072000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", *STORE_URL.split()],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF, *STORE_URL.split()],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# Uploads: files stream to the disk of the store, so that taking them over is a rename
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FILES = 100
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = DATA / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)

# Pictures from the web
globals().update(env.parts(BASE_DIR / "webapp" / "collect" / "providers"))  # what one provider alone needs is read in its folder
COLLECT_CONTACT = env.text("COLLECT_CONTACT")  # e-mail or page; the search services ask for one in the User-Agent
OUTGOING_ALLOW = env.words("OUTGOING_ALLOW")  # networks the outgoing door may reach although they are not public; for tests

# Networks to start from
MODEL_HUB_URL = env.text("MODEL_HUB_URL", "https://huggingface.co").rstrip("/")
BACKBONE_MB = env.integer("BACKBONE_MB", 500, 1, 100_000)  # the largest file of weights that is fetched

# Background work
LEASE_SECONDS = env.integer("LEASE_SECONDS", 30, 2, 3600)
TRAIN_HOURS = env.integer("TRAIN_HOURS", 6, 1, 168)
WORKER_QUEUES = env.some_of("WORKER_QUEUES", ["io", "train"])
WORKER_NAME = env.text("WORKER_NAME")  # what this machine is called, where its host name does not say; the fleet knows it by that
METADATA_URL = env.text("METADATA_URL")  # where a worker on a machine that comes and goes hears that it is taken back
ALIVE_FILE = env.text("ALIVE_FILE")  # touched every few seconds by whatever of ours serves no requests
WORKER_THREADS = env.integer("WORKER_THREADS", 4, 2, 32)
SPARE_CHILD = env.boolean("SPARE_CHILD", True)  # whether a process that has loaded torch waits for a training that is likely to come

# Machines that come and go
FLEET_PROVIDER = env.text("FLEET_PROVIDER")  # ec2, or pretend; without it there are none
FLEET_POOL = env.text("FLEET_POOL", "gpu")  # which machines are ours, by their tag
FLEET_TYPES = env.prices("FLEET_TYPES", "g4dn.xlarge=0.526, g5.xlarge=1.006")  # the best first, with what an hour costs
FLEET_ZONES = env.words("FLEET_ZONES")
FLEET_MOST = env.integer("FLEET_MOST", 1, 0, 100)  # machines that run at once
FLEET_BUDGET = env.integer("FLEET_BUDGET", 0, 0, 1_000_000)  # that a month may cost; 0: nothing is started
FLEET_DISK = env.integer("FLEET_DISK", 10, 0, 10_000)  # what the disk of a machine costs a month, whether it runs or not
FLEET_IDLE_MINUTES = env.integer("FLEET_IDLE_MINUTES", 5, 0, 1440)
FLEET_BOOT_MINUTES = env.integer("FLEET_BOOT_MINUTES", 10, 1, 120)  # after which a machine without a worker is taken for broken
FLEET_PATIENCE_MINUTES = env.integer("FLEET_PATIENCE_MINUTES", 5, 1, 1440)  # for which a training may wait before another machine is worth it
FLEET_LOOK_SECONDS = env.integer("FLEET_LOOK_SECONDS", 15, 1, 600)

# Languages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# Static files: ours, and the few third-party ones that npm brings into an ignored folder
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "static_root"))
STATICFILES_DIRS = [("vendor", BASE_DIR / "static_vendor")]
WHITENOISE_ROOT = BASE_DIR / "static_plain"  # served at / as it lies: what runs models inside a browser
WHITENOISE_ADD_HEADERS_FUNCTION = add_headers

# To see what goes on: docs/observe.md
LOG_FORMAT = env.choice("LOG_FORMAT", logs.LOOKS)
LOG_REQUESTS = env.boolean("LOG_REQUESTS", LOG_FORMAT == logs.JSON)  # a line for each request and each piece of work
LOGGING = logs.settings(LOG_FORMAT, env.text("LOG_LEVEL", "INFO"), "INFO" if LOG_REQUESTS else "WARNING")
METRICS_TOKEN = env.text("METRICS_TOKEN")  # without it there is no /metrics
SENTRY_DSN = env.text("SENTRY_DSN")
