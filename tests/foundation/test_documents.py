"""Documents: fonts embedded, no empty boxes, the same bytes again; a machine without the fonts is told what to do."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typst

from foundation import documents

AT = datetime(2026, 11, 24, 21, 15, tzinfo=UTC)


def sheet(*blocks: dict[str, Any], title: str = "抽样结果") -> documents.Document:
    return documents.make_pdf("sheet", {"blocks": list(blocks), "footer": "公众评议"}, title=title, at=AT)


def text_of(content: bytes, folder: Path) -> str:
    (folder / "it.pdf").write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", "it.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


EVERY_BLOCK = (
    {"kind": "heading", "text": "一、说明"},
    {"kind": "text", "text": "万人评议机关"},
    {"kind": "lines", "items": ["第一项", "第二项"]},
    {"kind": "facts", "items": [["校验码", "0123abcd"]], "mono": True},
    {"kind": "table", "widths": ["1fr", "20mm"], "head": ["层面", "名额"], "rows": [["企业", "12"]] * 60},
    {"kind": "qr", "svg": documents.qr_svg("https://example.org/"), "alt": "二维码", "text": "扫一扫"},
    {"kind": "page"},
    {"kind": "sign", "items": ["监督人", "公证人"]},
)


def test_every_block_is_set_and_read_back(tmp_path: Path) -> None:
    text = text_of(sheet(*EVERY_BLOCK).content, tmp_path)
    for expected in ("抽样结果", "一、说明", "万人评议机关", "第二项", "0123abcd", "企业", "扫一扫", "公证人"):
        assert expected in text
    # 60 rows of some 8 mm need two pages, each with the head of the table; the signatures come on a third.
    assert text.count("层面") == 2
    assert "3/3" in text.replace(" ", "")


def test_every_font_is_embedded(tmp_path: Path) -> None:
    (tmp_path / "it.pdf").write_bytes(sheet(*EVERY_BLOCK).content)
    done = subprocess.run(["pdffonts", "it.pdf"], cwd=tmp_path, capture_output=True, check=True, text=True)
    rows = done.stdout.splitlines()[2:]
    assert len(rows) >= 3
    # Columns at the end: emb, sub, uni, object number, generation.
    assert {tuple(row.split()[-5:-2]) for row in rows} == {("yes", "yes", "yes")}


def test_it_says_that_it_is_for_keeping_and_for_everyone() -> None:
    content = sheet(*EVERY_BLOCK).content
    for mark in (rb"pdfaid:part>2<", rb"pdfaid:conformance>A<", rb"pdfuaid:part>1<"):
        assert re.search(mark, content), mark


def test_the_same_data_and_moment_give_the_same_bytes() -> None:
    assert sheet(*EVERY_BLOCK).content == sheet(*EVERY_BLOCK).content


def test_a_character_without_a_glyph_is_named_and_marked_never_an_empty_box(tmp_path: Path) -> None:
    """U+2A6A5 (four dragons) is in no Noto CJK font; U+E000 means nothing outside the machine it came from."""
    made = sheet({"kind": "text", "text": "王\U0002a6a5、李\ue000、\U00020000"})
    assert made.missing == ("\ue000", "\U00020000", "\U0002a6a5")
    assert "王〓、李〓、〓" in text_of(made.content, tmp_path)


def test_rare_characters_of_the_standard_list_have_glyphs() -> None:
    """From the third level of 通用规范汉字表 (2013), used in names: 㛃 (Ext A), 𫖯 (Ext C), 𬀩 (Ext E), 茝."""
    assert documents.undisplayable(["㛃𫖯𬀩茝", "镕喆淼"]) == ()


def test_data_are_text_and_never_markup(tmp_path: Path) -> None:
    nasty = '#panic("x") *bold* = not a heading $x^2$ \\ `raw` @ref <label> // comment'
    made = sheet({"kind": "text", "text": nasty + "\x07\ufeff"}, title='"#let"')
    flat = " ".join(text_of(made.content, tmp_path).split())
    assert nasty in flat


@pytest.mark.parametrize("template", ["../sheet", "Sheet", "_house", "sheet.typ", ""])
def test_only_names_of_templates_are_templates(template: str) -> None:
    with pytest.raises(ValueError, match="no name of a template"):
        documents.make_pdf(template, {}, title="x", at=AT)


def test_a_mistake_in_the_data_names_the_template() -> None:
    with pytest.raises(ValueError, match=r"sheet\.typ"):
        documents.make_pdf("sheet", {}, title="x", at=AT)


def test_without_chinese_fonts_the_debian_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    monkeypatch.setattr(documents.typst, "Fonts", lambda **_options: bare)
    documents._fonts.cache_clear()
    with pytest.raises(documents.FontsMissing, match="fonts-noto-cjk"):
        sheet()
    # The package is installed while the worker runs: the next document is made.
    monkeypatch.undo()
    assert sheet().content.startswith(b"%PDF")
