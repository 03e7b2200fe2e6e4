"""The strict content policy as a habit: nothing inline, nothing foreign, icons that exist, pages that stay light."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import Client

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
# Templates of papers (WeasyPrint) are no web pages: no browser policy applies to them.
WEB = [
    path for path in TEMPLATES if "pdf" not in path.parts and "paper" not in path.parts and "letters" not in path.parts
]
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/img/icons.svg").read_text()))


@pytest.mark.parametrize("path", WEB, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_have_nothing_inline(path: Path) -> None:
    text = path.read_text()
    for opening in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in opening or "application/json" in opening, opening
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<[a-z][^>]*\sstyle=", text)
    assert not re.search(r"<[a-z][^>]*\son[a-z]+=", text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)
    assert "javascript:" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_compile(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


def test_icons_exist() -> None:
    for path in TEMPLATES:
        for name in re.findall(r"""\{% icon ["']([^"']+)["']""", path.read_text()):
            assert name in ICONS, f"{path.name}: no icon {name}"
        for name in re.findall(r"""\{% empty_state ["']([^"']+)["']""", path.read_text()):
            assert name in ICONS, f"{path.name}: no icon {name}"
    for path in ROOT.glob("*/apps.py"):
        for name in re.findall(r"""icon=["']([^"']+)["']""", path.read_text()):
            assert name in ICONS, f"{path}: no icon {name}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_keep_the_policy(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\beval\(|new Function|setAttribute\(\s*[\"']style|innerHTML\s*=", text)
    assert not re.search(r"https?://(?!www\.w3\.org)", text)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_are_our_own(path: Path) -> None:
    assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", path.read_text())


def test_vendored_files_come_with_their_licences() -> None:
    vendor = ROOT / "static" / "vendor"
    readme = (vendor / "README.md").read_text()
    for folder in vendor.iterdir():
        if folder.is_dir():
            assert (folder / "LICENSE").is_file()
            assert f"`{folder.name}/`" in readme


@pytest.mark.urls("tests.ui.urls")
@pytest.mark.django_db
def test_an_evaluators_page_is_light() -> None:
    page = Client().get("/styleguide/?ballot").content.decode()
    assert "bootstrap" not in page
    loaded = re.findall(r'(?:href|src)="/static/([^"#]+)"', page)
    sizes = {name: len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in set(loaded)}
    # The limit of 100 kB is for everything; the frame itself leaves room for 84 departments and a script.
    assert len(gzip.compress(page.encode())) + sum(sizes.values()) < 20_000, sizes


@pytest.mark.urls("tests.ui.urls")
@pytest.mark.django_db
def test_the_policy_is_sent() -> None:
    answer = Client().get("/styleguide/")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    # "no-referrer" would make browsers send "Origin: null", and the CSRF check would refuse every form.
    assert answer["Referrer-Policy"] == "same-origin"
