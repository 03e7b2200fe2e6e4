"""Celery tasks of the vote."""

from __future__ import annotations
