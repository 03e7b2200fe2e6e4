"""What the documents promise, checked against what is there: make targets, management commands, files, links.

`python -m tests.gate.promises` prints what is broken and exits 1; tests/gate/test_promises.py asserts the same.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent.parent

_MAKE = re.compile(r"(?:^|[`;&|(]\s*|[A-Z]=\S+ )make ([a-z][a-z-]*)", re.MULTILINE)
_MANAGE = re.compile(r"manage\.py ([a-z][a-z_]*)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_CODE_BLOCK = re.compile(r"```.*?```", re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]+`")
FOREIGN_COMMANDS = {"check", "migrate", "collectstatic", "changepassword", "dbshell", "shell", "axes_reset_username"}


def documents() -> list[Path]:
    """README.md and every Markdown file in docs/."""
    return [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if path.exists()]


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def commands() -> set[str]:
    """The project's own management commands and those of Django and its apps that a document may name."""
    own = {path.stem for path in ROOT.glob("*/management/commands/*.py") if not path.stem.startswith("_")}
    return own | FOREIGN_COMMANDS


def code_in(text: str) -> str:
    """The code of a Markdown text: blocks and inline code."""
    blocks = _CODE_BLOCK.findall(text)
    return "\n".join(blocks + _INLINE_CODE.findall(_CODE_BLOCK.sub("", text)))


def anchors(text: str) -> set[str]:
    """The anchors of a Markdown text's headings, as GitHub and most viewers make them."""
    found: set[str] = set()
    for title in re.findall(r"^#+\s+(.*)$", _CODE_BLOCK.sub("", text), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", title.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


def broken_in(path: Path) -> Iterator[str]:
    """One line for each promise of a document that nothing keeps."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT)
    code = code_in(text)
    for target in sorted(set(_MAKE.findall(code)) - make_targets()):
        yield f"{name}: make {target}: no such target"
    for command in sorted(set(_MANAGE.findall(code)) - commands()):
        yield f"{name}: manage.py {command}: no such command"
    for link in _LINK.findall(_CODE_BLOCK.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        target_name, _, anchor = unquote(link).partition("#")
        target = path.parent / target_name if target_name else path
        if not target.exists():
            yield f"{name}: {link}: no such file"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield f"{name}: {link}: no such heading"


def broken() -> list[str]:
    """Every broken promise of every document."""
    return [line for path in documents() for line in broken_in(path)]


if __name__ == "__main__":
    lines = broken()
    print("\n".join(lines) or f"{len(documents())} documents keep their word")
    sys.exit(1 if lines else 0)
