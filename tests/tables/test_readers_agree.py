"""The fast reader and the exact one give the same rows; nothing that is broken gets past them as a traceback."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from foundation.tables import Unreadable, read_table
from foundation.tables.cells import Context
from foundation.tables.exactsheet import ExactSheet
from foundation.tables.numbertext import Format
from foundation.tables.raw import Limits, RawRow, SheetFacts
from foundation.tables.sharedstrings import NotUsual, _exact, _usual
from foundation.tables.sheetxml import _usual as usual_rows
from foundation.tables.sheetxml import rows as sheet_rows
from tests.tables import files
from tests.tables.schemas import EVALUATORS, HEADER, person

STRINGS = ["张三", "", "=1+1", "a<b"]
CONTEXT = Context(STRINGS, {"1": Format("date"), "2": Format("padded", "", 4, "")}, False, Limits())

CELLS = st.sampled_from(
    [
        '<c r="{}"/>',
        '<c r="{}" s="3"/>',
        '<c r="{}"><v>12.5</v></c>',
        '<c r="{}" s="1"><v>45296</v></c>',
        '<c r="{}" s="2"><v>7</v></c>',
        '<c r="{}" t="s"><v>0</v></c>',
        '<c r="{}" t="s"><v>1</v></c>',
        '<c r="{}" s="4" t="s"><v>3</v></c>',
        '<c r="{}" t="b"><v>1</v></c>',
        '<c r="{}" t="e"><v>#N/A</v></c>',
        '<c r="{}" t="d"><v>2024-01-05</v></c>',
        '<c r="{}" t="str"><f>A1</f><v>x &amp; y</v></c>',
        '<c r="{}" t="str"><f>A1</f><v/></c>',
        '<c r="{}"><f>A1</f></c>',
        '<c r="{}"><f>A1</f><v></v></c>',
        '<c r="{}" t="inlineStr"><is><t>李_x000D_四&#10;</t></is></c>',
        '<c r="{}" t="inlineStr"><is><t xml:space="preserve"> 李 </t></is></c>',
        '<c r="{}" t="inlineStr"><is><r><t>李</t></r><rPh sb="0" eb="1"><t>li</t></rPh><r><t>四</t></r></is></c>',
        '<c r="{}" t="inlineStr"><is><t/></is></c>',
        '<c r="{}"></c>',
        '<c r="{}" t="n"><v>1E5</v><extLst><ext/></extLst></c>',
    ]
)
ROW_ATTRIBUTES = st.sampled_from(["", ' hidden="1"', ' spans="1:3" hidden="0"', ' ht="0"', ' s="1" customFormat="1"'])


@st.composite
def sheets(draw: st.DrawFn) -> str:
    rows = []
    number = 0
    for _ in range(draw(st.integers(0, 6))):
        number += draw(st.integers(1, 3))
        columns = sorted(draw(st.sets(st.sampled_from(["A", "B", "C", "Z", "AA", "XFD"]))), key=lambda c: (len(c), c))
        cells = "".join(draw(CELLS).format(f"{column}{number}") for column in columns)
        rows.append(f'<row r="{number}"{draw(ROW_ATTRIBUTES)}>{cells}</row>')
    before = draw(st.sampled_from(["", '<cols><col min="2" max="3" hidden="1"/><col min="5" max="5"/></cols>']))
    after = draw(
        st.sampled_from(["", '<mergeCells count="2"><mergeCell ref="A1:A3"/><mergeCell ref="B2"/></mergeCells>'])
    )
    return files.sheet_xml(*rows, before=before, after=after)


def blocks(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@given(sheet=sheets(), prefix=st.sampled_from(["", "x:"]), size=st.sampled_from([7, 64, 4096]))
@settings(max_examples=150, deadline=None)
def test_both_readers_give_the_same_rows(sheet: str, prefix: str, size: int) -> None:
    if prefix:
        sheet = sheet.replace("</", f"</{prefix}").replace("<", f"<{prefix}").replace(f"<{prefix}/", "</")
        sheet = sheet.replace(f"<{prefix}?", "<?").replace("xmlns=", "xmlns:x=")
    data = sheet.encode()
    usual_facts, exact_facts = SheetFacts(), SheetFacts()
    usual = [row for piece in usual_rows(blocks(data, size), CONTEXT, usual_facts) for row in piece]
    exact = list(ExactSheet(CONTEXT, exact_facts).rows(blocks(data, size)))
    assert usual == exact
    assert usual_facts == exact_facts


ITEMS = st.sampled_from(
    [
        "<si><t>张三</t></si>",
        "<si><t/></si>",
        "<si/>",
        '<si><t xml:space="preserve"> a\r\nb </t></si>',
        "<si><r><rPr><b/></rPr><t>a</t></r><r><t>b</t></r></si>",
        '<si><t>a</t><rPh sb="0" eb="1"><t>pinyin</t></rPh><phoneticPr fontId="1"/></si>',
        "<si><t>&lt;_x0041_&#x4e00;</t></si>",
    ]
)


@given(items=st.lists(ITEMS, max_size=8), size=st.sampled_from([5, 1000]))
@settings(max_examples=80, deadline=None)
def test_both_readers_give_the_same_strings(items: list[str], size: int) -> None:
    data = files.strings_xml(*items).encode()
    assert _usual(blocks(data, size), Limits()) == _exact(blocks(data, size), Limits())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<c r="A2"', "<c r='A2'"),
        ('<c r="A2"', '<c  r="A2"'),
        ('<c r="A2"', '<c\n r="A2"'),
        ('<c r="A2" t="inlineStr"', '<c t="inlineStr" r="A2"'),
        ('<row r="2">', '<row r = "2">'),
        ("张三", "<![CDATA[张三]]>"),
        ("<sheetData>", "<!-- a comment --><sheetData>"),
        ("<t xml:space", '<t xml:lang="zh" xml:space'),
        ('encoding="UTF-8"', 'encoding="utf-8"'),
        ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n', "\ufeff"),
    ],
)
def test_unusual_spellings_read_alike(old: str, new: str) -> None:
    sheet = files.sheet_xml(files.row_xml(1, *HEADER[:3]), files.row_xml(2, "E1", "张三", "市领导"))
    assert old in sheet
    table = read_table(files.raw_xlsx(sheet.replace(old, new)), EVALUATORS)
    assert [(row.number, row.values["code"], row.values["name"]) for row in table] == [(2, "E1", "张三")]


def test_other_encodings_of_the_xml() -> None:
    sheet = files.sheet_xml(files.row_xml(1, *HEADER[:3]), files.row_xml(2, "E1", "张三", "市领导"))
    wide = sheet.replace("UTF-8", "UTF-16").encode("utf-16")
    assert read_table(files.raw_xlsx(wide), EVALUATORS).column("name") == ["张三"]


def test_the_exact_reader_takes_over_in_the_middle() -> None:
    rows = [files.row_xml(n, f"E{n}", "张三", "市领导", attributes=' hidden="1"' * (n == 3)) for n in range(1, 9)]
    rows[5] = rows[5].replace("E6", "<![CDATA[E6]]>")
    data = files.sheet_xml(*rows, after='<mergeCells><mergeCell ref="A1:A2"/></mergeCells>').encode()
    facts = SheetFacts()
    found: list[RawRow] = list(sheet_rows(lambda: blocks(data, 100), CONTEXT, facts))
    assert [(number, cells[0]) for number, cells in found] == [(n, f"E{n}") for n in range(1, 9)]
    assert (facts.hidden_rows, len(facts.merges)) == ({3}, 1)


def test_rows_out_of_order_go_to_the_exact_reader() -> None:
    sheet = files.sheet_xml(files.row_xml(5, "a"), files.row_xml(2, "b"))
    with pytest.raises(NotUsual):
        list(usual_rows(iter([sheet.encode()]), CONTEXT, SheetFacts()))


def test_calamine_reads_the_same_values() -> None:
    rows = [HEADER] + [person(f"E{n}", industry="a&b" * (n % 3), unit_name=f"=第{n}厂") for n in range(300)]
    for data in (files.xlsx_shared(rows), files.xls(rows)):
        table = read_table(data, EVALUATORS)
        oracle = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1:]
        assert [list(row.values.values()) for row in table] == oracle


def broken(rng: random.Random, data: bytes) -> bytes:
    """The same bytes with a few of them changed, cut out or doubled."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed))
        kind = rng.randrange(4)
        if kind == 0:
            changed[at] = rng.randrange(256)
        elif kind == 1:
            del changed[at : at + rng.randint(1, 40)]
        elif kind == 2:
            changed[at:at] = changed[max(0, at - rng.randint(1, 40)) : at]
        else:
            del changed[at:]
        if not changed:
            break
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_broken_files_are_unreadable_or_read(seed: int) -> None:
    rng = random.Random(seed)
    rows = [HEADER, *(person(f"E{n}", phone="13800138000", industry=n) for n in range(20))]
    sources = [
        files.xlsx(rows),
        files.xls(rows),
        files.delimited(rows).encode("utf-16"),
        files.encrypted(files.xlsx(rows), "x"),
    ]
    for data in sources:
        for _ in range(40):
            try:
                read_table(broken(rng, data), EVALUATORS)
            except Unreadable as error:
                assert str(error)


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"]
)
def test_broken_parts_are_unreadable_or_read(part: str) -> None:
    rng = random.Random(part)
    data = files.xlsx_shared([HEADER, *(person(f"E{n}", industry=n) for n in range(20))])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert part in archive.namelist()
    for _ in range(60):
        try:
            read_table(
                files.rewritten(data, lambda name, content: broken(rng, content) if name == part else content),
                EVALUATORS,
            )
        except Unreadable as error:
            assert str(error)
