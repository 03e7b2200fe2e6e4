"""PostgreSQL, Redis, several web processes behind nginx; every choice comes from the environment."""

import os

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.environment import flag

for name in ("SECRET_KEY", "FIELD_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "ALLOWED_HOSTS"):
    if not os.environ.get(name):
        raise ImproperlyConfigured(f"{name} must be set in the environment")

DEMO_ALLOWED = flag("DEMO_ALLOWED", default=False)
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
