"""The WSGI entry point of the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
application = get_wsgi_application()
# Every view with what it imports, now and not while the first reader waits.
_ = get_resolver().url_patterns
# All this lives as long as the process, so that the collector need not walk through it again and again:
# without it one page in twenty took 50 to 100 ms longer.
gc.collect()
gc.freeze()
