"""`manage.py messages [APP …]`: bring the apps' Chinese catalogues up to date, or check that they are complete."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import extraction
from config.catalogues import LOCALE, CatalogueError, Entry, Key, faults, merge, read, render

DOMAINS = ("django", "djangojs")


class Command(BaseCommand):
    help = (
        "Extracts the messages of each app (its Python, templates/<app>, for config also the site-wide templates and "
        "static/js) into <app>/locale/zh_Hans/LC_MESSAGES/, keeping translations. With --check nothing is written and "
        "what is missing, fuzzy, untranslated, stale or wrong in its placeholders is listed."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("apps", nargs="*", metavar="APP", help="folder names; all of the project's by default")
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a catalogue has faults")
        parser.add_argument("--prune", action="store_true", help="drop the messages that the code no longer has")

    def handle(self, *args: Any, **options: Any) -> None:
        known_apps = extraction.project_apps()
        chosen = options["apps"] or known_apps
        unknown = sorted(set(chosen) - set(known_apps))
        if unknown:
            raise CommandError(f"no such app: {', '.join(unknown)}; there are {', '.join(known_apps)}")
        jobs = [(app, domain) for app in chosen for domain in DOMAINS]
        try:
            with ThreadPoolExecutor(max_workers=2) as pool:  # xgettext is a process of its own
                found = list(pool.map(lambda job: extraction.extract(*job), jobs))
            if options["check"]:
                self._check(list(zip(jobs, found, strict=True)))
                return
            memory = self._memory(known_apps)
            for (app, domain), wanted in zip(jobs, found, strict=True):
                self._update(app, domain, wanted, memory, prune=options["prune"])
        except (CatalogueError, extraction.ExtractionError) as error:
            raise CommandError(str(error)) from error

    def _memory(self, apps: list[str]) -> dict[Key, Entry]:
        """Translations already made anywhere in the project: a string that moves house keeps its words."""
        memory: dict[Key, Entry] = {}
        for app in apps:
            for domain in DOMAINS:
                for key, entry in read(extraction.catalogue_path(app, domain, LOCALE)).items():
                    if entry.translated:
                        memory.setdefault(key, entry)
        return memory

    def _update(self, app: str, domain: str, wanted: list[Entry], memory: dict[Key, Entry], *, prune: bool) -> None:
        path = extraction.catalogue_path(app, domain, LOCALE)
        known = read(path)
        if not wanted and not known:
            return
        entries = merge(wanted, known, memory)
        if prune:
            entries = [entry for entry in entries if not entry.obsolete]
        text = render(entries)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        live = [entry for entry in entries if not entry.obsolete]
        open_ones = sum(not entry.translated for entry in live)
        where = path.relative_to(Path(extraction.base_dir()))
        self.stdout.write(f"{where}: {len(live)} messages, {open_ones} to translate")

    def _check(self, found: list[tuple[tuple[str, str], list[Entry]]]) -> None:
        total = 0
        for (app, domain), wanted in found:
            path = extraction.catalogue_path(app, domain, LOCALE)
            lines = faults(wanted, read(path))
            total += len(lines)
            for line in lines:
                self.stdout.write(f"{path.relative_to(extraction.base_dir())}: {line}")
        if total:
            raise CommandError(f"{total} faults; run: manage.py messages, then translate what it leaves open")
        self.stdout.write(f"{sum(len(wanted) for _, wanted in found)} messages, all translated")
