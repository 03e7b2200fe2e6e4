"""Message catalogues: what is read is what is written, translations survive, faults are found, MO files are sound."""

from __future__ import annotations

import gettext
import io
import os
import subprocess
from pathlib import Path

import pytest

from config.catalogues import (
    HEADER,
    CatalogueError,
    Entry,
    compile_catalogue,
    compile_stale,
    faults,
    merge,
    parse,
    read,
    render,
)

PO = r"""# The translator's own remark
msgid ""
msgstr "Language: zh_Hans\n"

#. Translators: a verb
#: portal/views.py
msgctxt "verb"
msgid "Open"
msgstr "开启"

msgid "Open"
msgstr "进行中"

#, python-format
msgid "%(count)s round"
msgid_plural "%(count)s rounds"
msgstr[0] "%(count)s 轮"

msgid ""
"two\n"
"lines with \"quotes\" and a \\"
msgstr ""
"两\n"
"行"

#~ msgid "Gone"
#~ msgstr "没了"
"""


def _by_key(text: str) -> dict[tuple[str | None, str], Entry]:
    return {entry.key: entry for entry in parse(text)}


def test_reading() -> None:
    found = _by_key(PO)
    assert found["verb", "Open"].msgstr == ("开启",)
    assert found["verb", "Open"].notes == ("Translators: a verb",)
    assert found[None, "Open"].msgstr == ("进行中",)
    assert found[None, "%(count)s round"].plural == "%(count)s rounds"
    assert found[None, 'two\nlines with "quotes" and a \\'].msgstr == ("两\n行",)
    assert found[None, "Gone"].obsolete


def test_writing_and_reading_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text(PO, encoding="utf-8")
    once = render(read(path).values())
    path.write_text(once, encoding="utf-8")
    assert render(read(path).values()) == once
    ours = [entry.msgid for entry in parse(once) if not entry.obsolete]
    assert ours == sorted(ours)  # small diffs: the order does not depend on where a message stands in the code


def test_what_is_not_a_catalogue_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text('msgid "a"\nmsgstr "b"\n<<<<<<< ours\n', encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"django\.po:3"):
        read(path)
    path.write_text('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', encoding="utf-8")
    with pytest.raises(CatalogueError, match="twice"):
        read(path)


def test_merging_keeps_translations_and_takes_those_of_other_apps() -> None:
    known = _by_key('msgid "kept"\nmsgstr "留"\n\nmsgid "gone"\nmsgstr "去"\n\nmsgid "never"\nmsgstr ""\n')
    memory = _by_key('msgid "moved"\nmsgstr "迁"\n')
    merged = {entry.key[1]: entry for entry in merge([Entry("kept"), Entry("moved"), Entry("new")], known, memory)}
    assert merged["kept"].msgstr == ("留",)
    assert merged["moved"].msgstr == ("迁",)
    assert not merged["new"].translated
    assert merged["gone"].obsolete and merged["gone"].msgstr == ("去",)
    assert "never" not in merged  # nothing is lost with a message that nobody had translated
    again = {
        entry.key[1]: entry for entry in merge([Entry("gone")], {entry.key: entry for entry in merged.values()}, {})
    }
    assert again["gone"].translated and not again["gone"].obsolete


def test_each_kind_of_fault_is_named() -> None:
    known = _by_key(
        'msgid "fine"\nmsgstr "好"\n\n#, fuzzy\nmsgid "unsure"\nmsgstr "或许"\n\nmsgid "open"\nmsgstr ""\n\n'
        'msgid "left over"\nmsgstr "剩"\n\nmsgid "%(name)s is back"\nmsgstr "%(nme)s 回来了"\n'
    )
    wanted = [Entry("fine"), Entry("unsure"), Entry("open"), Entry("unknown")]
    wanted.append(Entry("%(name)s is back", flags=("python-format",)))
    kinds = [line.split()[0] for line in faults(wanted, known)]
    # Sorted by message: "%(name)s…", "fine" (no fault), "open", "unknown", "unsure"; what is left over comes last.
    assert kinds == ["placeholders", "untranslated", "missing", "fuzzy", "stale"]


def test_a_percent_sign_is_no_placeholder() -> None:
    known = _by_key('#, python-format\nmsgid "28 % of %(what)s"\nmsgstr "%(what)s的28%"\n')
    assert faults([Entry("28 % of %(what)s", flags=("python-format",))], known) == []


def test_compiled_catalogue_is_read_by_gettext() -> None:
    texts = gettext.GNUTranslations(io.BytesIO(compile_catalogue(parse(PO))))
    assert texts.gettext("Open") == "进行中"
    assert texts.pgettext("verb", "Open") == "开启"
    assert texts.ngettext("%(count)s round", "%(count)s rounds", 5) == "%(count)s 轮"
    assert texts.gettext("Gone") == "Gone"
    assert texts.info()["plural-forms"] in HEADER


def test_compiled_catalogue_is_what_msgfmt_makes_of_it(tmp_path: Path) -> None:
    (tmp_path / "django.po").write_text(render(parse(PO)[1:]), encoding="utf-8")
    subprocess.run(["msgfmt", "--check", "-o", tmp_path / "theirs.mo", tmp_path / "django.po"], check=True)
    with (tmp_path / "theirs.mo").open("rb") as stream:
        theirs = gettext.GNUTranslations(stream)
    ours = gettext.GNUTranslations(io.BytesIO(compile_catalogue(parse(PO))))
    assert ours._catalog == theirs._catalog  # type: ignore[attr-defined]


def test_only_what_is_older_is_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, target = folder / "django.po", folder / "django.mo"
    source.write_text(PO, encoding="utf-8")
    assert compile_stale([tmp_path]) == [target]
    assert compile_stale([tmp_path]) == []
    later = target.stat().st_mtime + 10
    os.utime(source, (later, later))
    assert compile_stale([tmp_path]) == [target]
    assert compile_stale([tmp_path], force=True) == [target]
