"""The embedded default: one machine, SQLite, a bundled broker, `manage.py up`."""

from config.settings.base import *

SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # type: ignore[assignment]  # a plain http address other than localhost would only make browsers warn
