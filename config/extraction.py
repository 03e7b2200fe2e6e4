"""Which files of the project belong to which app's catalogue, and the messages in them (by GNU xgettext)."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.utils.translation import templatize

from config.catalogues import Entry, parse

OUTER_APP = "config"  # the catalogue of what belongs to no single app: site-wide templates, JavaScript
TEMPLATE_SUFFIXES = {".html", ".txt"}
PYTHON_KEYWORDS = (
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
    "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
    "N_",
)
SCRIPT_KEYWORDS = ("gettext_noop", "gettext_lazy", "ngettext:1,2", "pgettext:1c,2", "npgettext:1c,2,3")


class ExtractionError(RuntimeError):
    """xgettext is not there, or does not understand a file; the text says what to do."""


def base_dir() -> Path:
    return Path(settings.BASE_DIR)


def project_apps() -> list[str]:
    """The first-party apps, by folder name, sorted."""
    base = base_dir()
    folders = (Path(app.path) for app in apps.get_app_configs())
    return sorted({path.name for path in folders if path.parent == base})


def catalogue_path(app: str, domain: str, locale: str) -> Path:
    return base_dir() / app / "locale" / locale / "LC_MESSAGES" / f"{domain}.po"


def locale_roots() -> list[Path]:
    """The project's own `locale` folders, where catalogues are looked up when the site runs."""
    roots = [base_dir() / app / "locale" for app in project_apps()]
    roots += [Path(path) for path in settings.LOCALE_PATHS]
    return sorted({root for root in roots if root.is_dir()})


def python_files(app: str) -> list[Path]:
    return sorted(
        path for path in (base_dir() / app).rglob("*.py") if not {"migrations", "__pycache__"} & set(path.parts)
    )


def template_files(app: str) -> list[Path]:
    """Templates whose strings belong to `app`: templates/<app>/ and <app>/templates/; for config also all of no app."""
    base = base_dir()
    top = base / "templates"
    folders = [top / app, base / app / "templates"]
    found = {path for folder in folders if folder.is_dir() for path in folder.rglob("*")}
    if app == OUTER_APP and top.is_dir():
        others = set(project_apps()) - {OUTER_APP}
        found |= {path for path in top.rglob("*") if path.relative_to(top).parts[0] not in others}
    return sorted(path for path in found if path.is_file() and path.suffix in TEMPLATE_SUFFIXES)


def script_files(app: str) -> list[Path]:
    folder = base_dir() / "static" / "js"
    return sorted(folder.rglob("*.js")) if app == OUTER_APP and folder.is_dir() else []


def _xgettext(names: Iterable[str], language: str, keywords: Iterable[str], folders: Iterable[Path]) -> list[Entry]:
    names = sorted(names)
    if not names:
        return []
    if shutil.which("xgettext") is None:
        raise ExtractionError("xgettext is missing; as root: apt-get install gettext")
    command = ["xgettext", f"--language={language}", "--from-code=UTF-8", "--output=-", "--no-wrap"]
    command += ["--add-location=file", "--add-comments=Translators", "--files-from=-"]
    command += [f"--keyword={keyword}" for keyword in keywords]
    command += [f"--directory={folder}" for folder in folders]
    done = subprocess.run(command, input="\n".join(names), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ExtractionError(f"xgettext: {done.stderr.strip()}")
    entries = parse(done.stdout.replace("charset=CHARSET", "charset=UTF-8"), "xgettext")
    return [entry for entry in entries if entry.key != (None, "")]


def _tidy(entry: Entry, scratch_suffix: str) -> Entry:
    places = sorted({place.removesuffix(scratch_suffix) for place in entry.places})
    return Entry(
        msgid=entry.msgid,
        plural=entry.plural,
        context=entry.context,
        flags=tuple(flag for flag in entry.flags if flag != "fuzzy"),
        notes=entry.notes,
        places=tuple(places),
    )


def extract(app: str, domain: str = "django") -> list[Entry]:
    """The messages of `app` for one domain: "django" (Python and templates) or "djangojs" (static/js).

    Raises:
        ExtractionError: xgettext is missing or refuses a file.
    """
    base = base_dir()
    if domain == "djangojs":
        names = [str(path.relative_to(base)) for path in script_files(app)]
        return [_tidy(entry, "") for entry in _xgettext(names, "JavaScript", SCRIPT_KEYWORDS, [base])]
    suffix = ".as-python"
    with tempfile.TemporaryDirectory(prefix="messages-") as scratch_name:
        scratch = Path(scratch_name)
        names = [str(path.relative_to(base)) for path in python_files(app)]
        for path in template_files(app):
            relative = path.relative_to(base)
            target = scratch / f"{relative}{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(templatize(path.read_text(encoding="utf-8"), origin=str(relative)), encoding="utf-8")
            names.append(f"{relative}{suffix}")
        entries = _xgettext(names, "Python", PYTHON_KEYWORDS, [base, scratch])
    return [_tidy(entry, suffix) for entry in entries]
