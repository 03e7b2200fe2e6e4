"""Tests: throw-away folders, fast hashing; the database comes from the test command (TEST_DATABASE_URL)."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="pingyi-test-"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("FIELD_KEY", "only-for-tests-field-key")

from config.settings.base import *
from config.settings.environment import database

DATABASES = {"default": database(os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{DATA_DIR / 'test.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
if "sqlite" in str(DATABASES["default"]["ENGINE"]):
    # A file, not memory: live servers and worker processes must see the same database.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATA_DIR) / "test.sqlite3")}
CELERY_BROKER_URL = os.environ.get("TEST_REDIS_URL") or CELERY_BROKER_URL
# Without a worker process tests run a job where it is sent; worker tests switch this off.
CELERY_TASK_ALWAYS_EAGER = os.environ.get("TEST_CELERY_EAGER", "1") == "1"
CELERY_TASK_EAGER_PROPAGATES = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
ALLOWED_HOSTS = ["*"]
