"""What is written can be read, printed and opened without running anything."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.tables import Sheet, problem_sheet, read_table, write_csv, write_problem_rows, write_xlsx, xlsx_bytes
from foundation.tables.writing import csv_text, display_width, runs_as_formula
from tests.tables import files
from tests.tables.schemas import EVALUATORS, HEADER, person

DANGEROUS = ["=1+1", "+86 路", "-x", "@SUM(A1)", "＝1", "＋1", "－1", "＠a", "'=1", "''=1", "=cmd|' /C calc'!A0", "-5"]
HARMLESS = ["张三", "a=b", "1-2", "'tis", "''", "x@y.cn", "5+5"]


def written(*sheets: Sheet) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx_bytes(sheets)))


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


# CSV


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_texts_that_would_run_are_quoted(text: str) -> None:
    assert runs_as_formula(text)
    assert csv_text(text) == "'" + text


@pytest.mark.parametrize("text", HARMLESS)
def test_csv_leaves_other_texts_alone(text: str) -> None:
    assert not runs_as_formula(text)
    assert csv_text(text) == text


def test_csv_is_what_spreadsheets_expect() -> None:
    buffer = io.BytesIO()
    write_csv(buffer, ["编号", "姓名"], [["E1", '张"三'], [None, 5], ["a\nb", -5]])
    # -5 is a number, no text that begins with a minus.
    assert buffer.getvalue() == (
        b"\xef\xbb\xbf" + '"编号","姓名"\r\n"E1","张""三"\r\n"","5"\r\n"a\nb","-5"\r\n'.encode()
    )
    assert not buffer.closed


def test_no_field_of_a_csv_file_begins_like_a_formula() -> None:
    buffer = io.BytesIO()
    write_csv(buffer, ["=a"], [[text] for text in DANGEROUS])
    for (field,) in csv.reader(io.StringIO(buffer.getvalue().decode("utf-8-sig"))):
        assert field[0] == "'"


@pytest.mark.parametrize("text", DANGEROUS + HARMLESS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_texts_survive_the_round_trip(text: str, form: str) -> None:
    row = ["" if one is None else one for one in person(industry=text)]
    buffer = io.BytesIO()
    if form == "csv":
        write_csv(buffer, HEADER, [row])
    else:
        write_xlsx(buffer, [Sheet("名册", HEADER, [row])])
    table = read_table(buffer.getvalue(), EVALUATORS)
    assert (table.problems, table.column("industry")) == ([], [text])


CLEAN = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Cn", "Co")), min_size=1, max_size=40
)


@given(text=CLEAN, form=st.sampled_from(["csv", "xlsx"]))
@settings(max_examples=150, deadline=None)
def test_any_clean_text_survives_the_round_trip(text: str, form: str) -> None:
    row = ["" if one is None else one for one in person(unit_name="厂" + text, industry=text)]
    buffer = io.BytesIO()
    if form == "csv":
        write_csv(buffer, HEADER, [row])
    else:
        write_xlsx(buffer, [Sheet("名册", HEADER, [row])])
    table = read_table(buffer.getvalue(), EVALUATORS)
    assert table.column("unit_name") == ["厂" + text]
    expected = read_table(files.delimited([HEADER, person(industry="." + text)]).encode(), EVALUATORS)
    if not table.problems:
        assert table.column("industry") == [expected.column("industry")[0][1:]]


def test_csv_to_a_path(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, [person()])
    assert len(read_table(tmp_path / "a.csv", EVALUATORS)) == 1


# Workbooks


def test_workbook_cells_keep_their_kind() -> None:
    rows = [["=1+1", 5, 2.5, True, None, Decimal("0.25"), date(2008, 3, 1)]]
    sheet = written(Sheet("甲", list("abcdefg"), rows, number_formats={5: "0.00%"})).active
    cells = list(sheet[2])
    assert [cell.value for cell in cells] == ["=1+1", 5, 2.5, True, None, 0.25, "2008-03-01"]
    assert cells[0].quotePrefix
    assert cells[5].number_format == "0.00%"


def test_no_formula_and_no_link_is_written() -> None:
    texts = [*DANGEROUS, "http://example.cn", "{=1}", "mailto:a@b.cn"]
    data = parts(xlsx_bytes([Sheet("甲", ["=h", "b"], [[text, text] for text in texts], title="=t")]))
    sheet = data["xl/worksheets/sheet1.xml"]
    assert "<f" not in re.sub(r"<f(?:ormula|itTo)", "", sheet)
    assert "hyperlink" not in sheet
    assert not any("hyperlink" in content for name, content in data.items() if name.endswith(".rels"))
    assert 'quotePrefix="1"' in data["xl/styles.xml"]


def test_workbook_is_made_to_be_read_and_printed() -> None:
    rows = [[f"E{n}", "示范市人民代表大会常务委员会办公室", n] for n in range(300)]
    sheet = written(Sheet("名单", ["编号", "单位名称", "数"], rows, title="2008年名单", frozen_columns=1)).active
    assert sheet["A1"].value == "2008年名单"
    assert sheet.freeze_panes == "B3"
    assert sheet.auto_filter.ref == "A2:C302"
    assert sheet.print_title_rows == "$1:$2"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    # 17 Chinese characters take 34 columns, and 3 for the filter's arrow.
    assert 37 <= sheet.column_dimensions["B"].width < 39
    assert sheet["A2"].font.bold
    assert display_width("张a\n三") == 3


def test_template_columns_are_text_with_choices() -> None:
    spec = Sheet("模板", ["编号", "层面"], [], choices={1: ["市领导", "人大代表"]}, text_columns=True)
    sheet = written(spec).active
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.formula1, str(rule.sqref)) == ('"市领导,人大代表"', "B2:B1001")
    styles = parts(xlsx_bytes([spec]))
    assert 'numFmtId="49"' in styles["xl/styles.xml"]  # text, for the whole column
    assert re.search(r'<col min="1" max="1" [^>]*style="[1-9]', styles["xl/worksheets/sheet1.xml"])


def test_sheet_names_are_made_fit() -> None:
    names = ["党群/综合", "党群:综合", "很" * 40, "'甲'", "", "history"]
    book = written(*(Sheet(name, ["a"], []) for name in names))
    assert book.sheetnames == ["党群 综合", "党群 综合~2", "很" * 31, "甲", "Sheet", "history_"]


def test_rows_may_be_a_generator_and_longer_than_the_sample() -> None:
    def rows() -> Iterator[list[int]]:
        for number in range(1000):
            yield [number]

    assert written(Sheet("甲", ["a"], rows())).active.max_row == 1001


def test_texts_that_no_cell_holds() -> None:
    sheet = written(Sheet("甲", ["a"], [["x" * 40_000], ["张\udce4三"]])).active
    assert sheet["A2"].value == "x" * 32_766 + "…"
    assert sheet["A3"].value == "张\ufffd三"


def test_a_workbook_without_sheets_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sheet"):
        xlsx_bytes([])


# Problem rows


BAD = [
    ["行业", *HEADER[:6], *HEADER[7:], "备注"],
    ["制造", "E1", "张三", "市领导", "U1", "示范厂", None, 138, None, None, None, None, None, "x"],
    ["=农", "E2", "李四", "市领导", None, None, None, "13800138000", None, None, None, None, None, "x"],
    ["商", "E3", None, "市领导", None, None, None, "13800138001", "li@", None, None, None, None, "x"],
]


def test_problem_rows_come_with_their_reasons() -> None:
    table = read_table(files.xlsx_shared(BAD), EVALUATORS)
    sheet = problem_sheet(table, translate=lambda message: message)
    rows = [list(row) for row in sheet.rows]
    assert list(sheet.headers) == [*BAD[0][:13], "原因"]  # in the order of the file, without what was ignored
    assert [row[:4] for row in rows] == [["制造", "E1", "张三", "市领导"], ["商", "E3", "", "市领导"]]
    assert rows[0][-1].startswith("手机：This is no mobile number")
    assert rows[1][-1].split("\n")[0] == "姓名：姓名 is empty. Fill it in."
    assert len(rows[1][-1].split("\n")) == 2


def test_mended_problem_rows_are_read_again() -> None:
    table = read_table(files.xlsx_shared(BAD), EVALUATORS)
    table.add_problem(3, "industry", "unknown_industry", "Unknown.")
    buffer = io.BytesIO()
    write_problem_rows(buffer, table)
    book = openpyxl.load_workbook(buffer)
    sheet = book.active
    assert [cell.value for cell in sheet["A"]] == ["行业", "制造", "=农", "商"]
    sheet["A3"].data_type = "s"  # openpyxl would make a formula of it
    sheet["H2"] = "13900139000"
    sheet["C4"], sheet["I4"] = "王五", "wang@example.cn"
    again = read_table(files.saved(book), EVALUATORS)
    assert (again.problems, again.warnings) == ([], [])
    assert again.column("industry") == ["制造", "=农", "商"]
    assert again.column("phone") == ["13900139000", "13800138000", "13800138001"]


def test_damaged_values_can_be_written() -> None:
    text = "编号,姓名,层面\nE1,张".encode() + b"\xe4\xb8,\xe5\xb8\x82\nE2,\0,x\n"
    table = read_table(text, EVALUATORS)
    buffer = io.BytesIO()
    write_problem_rows(buffer, table, reason_header="Reason")
    assert len(read_table(buffer.getvalue(), EVALUATORS)) == 2
