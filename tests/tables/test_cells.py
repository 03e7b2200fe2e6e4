"""What the cells of a workbook hold beside plain text."""

from __future__ import annotations

import io
from datetime import date, datetime, time

import openpyxl
import pytest
import xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.worksheet import Worksheet

from foundation.tables import Table, read_table
from tests.tables import files
from tests.tables.schemas import EVALUATORS, HEADER, person


def read(data: bytes) -> Table:
    return read_table(data, EVALUATORS)


def problems(data: bytes) -> list[tuple[int | None, str, str]]:
    return [(one.row, one.column, one.code) for one in read(data).problems]


def warnings(data: bytes) -> list[tuple[int | None, str, str]]:
    return [(one.row, one.column, one.code) for one in read(data).warnings]


BUILDERS = [pytest.param(files.xlsx, id="xlsx"), pytest.param(files.xls, id="xls")]


@pytest.mark.parametrize("build", BUILDERS)
def test_numbers_are_their_digits(build) -> None:
    table = read(
        build([HEADER, person(1001, name="张三", phone=13800138000, unit_code=999999999999999, unit_name=3.5)])
    )
    assert table.problems == []
    row = table.rows[0].values
    assert (row["code"], row["phone"], row["unit_code"], row["unit_name"]) == (
        "1001",
        "13800138000",
        "999999999999999",
        "3.5",
    )


@pytest.mark.parametrize("build", BUILDERS)
def test_digits_that_excel_has_lost(build) -> None:
    rows = [HEADER, person("E1", unit_code=1.23456789012345e17), person("E2", phone=1.38e21), person(1000000000000000)]
    assert problems(build(rows)) == [
        (2, "单位编号", "digits_lost"),
        (3, "手机", "digits_lost"),
        (4, "编号", "digits_lost"),
    ]


def test_a_long_number_is_lost_even_where_the_file_has_all_digits() -> None:
    row = files.row_xml(2, '<c r="REF"><v>110101199001011234</v></c>', "张三", "市领导")
    assert problems(files.raw_xlsx(files.sheet_xml(files.row_xml(1, *HEADER), row))) == [(2, "编号", "digits_lost")]


@pytest.mark.parametrize("value", [date(2024, 1, 5), datetime(2024, 1, 5, 8, 30), time(8, 30)])  # noqa: DTZ001
@pytest.mark.parametrize("field", ["code", "name", "stratum", "unit_name", "phone"])
def test_dates_in_text_columns(value: object, field: str) -> None:
    label = EVALUATORS.column(field).chinese
    assert problems(files.xlsx([HEADER, person(**{field: value})])) == [(2, label, "date_value")]


def test_dates_in_old_workbooks() -> None:
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    change = lambda sheet: sheet.write(1, 6, datetime(2024, 1, 5), style)  # noqa: DTZ001, E731
    assert problems(files.xls([HEADER, person()], change)) == [(2, "行业", "date_value")]


def test_dates_by_built_in_formats_and_as_iso() -> None:
    styles = files.styles_xml("General").replace('<xf numFmtId="170"/>', '<xf numFmtId="31"/>')
    cells = ('<c r="REF" s="1"><v>45296</v></c>', '<c r="REF" t="d"><v>2024-01-05</v></c>')
    sheet = files.sheet_xml(
        files.row_xml(1, "编号", "姓名", "层面", "行业", "区县"), files.row_xml(2, "E1", "张三", "市领导", *cells)
    )
    assert problems(files.raw_xlsx(sheet, styles=styles)) == [(2, "区县", "date_value"), (2, "行业", "date_value")]


def test_formats_that_show_something_else() -> None:
    styles = files.styles_xml("000000", "0%", "@", '"U"000')
    cells = [f'<c r="REF" s="{style}"><v>{value}</v></c>' for style, value in ((1, 42), (2, 0.5), (3, 42), (4, 7))]
    sheet = files.sheet_xml(
        files.row_xml(1, "编号", "权重类别", "行业", "单位编号", "姓名", "层面"),
        files.row_xml(2, *cells, "张三", "市领导"),
    )
    row = read(files.raw_xlsx(sheet, styles=styles)).rows[0].values
    assert (row["code"], row["weight_class"], row["industry"], row["unit_code"]) == ("000042", "50%", "42", "U007")


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?"])
def test_error_values(error: str) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["G2"].value = error
        sheet["G2"].data_type = "e"

    assert problems(files.xlsx([HEADER, person()], change)) == [(2, "行业", "error_value")]


def test_error_values_in_old_workbooks() -> None:
    change = lambda sheet: sheet.row(1).set_cell_error(6, 0x2A)  # noqa: E731
    assert problems(files.xls([HEADER, person()], change)) == [(2, "行业", "error_value")]


def test_formulas_without_a_result() -> None:
    assert problems(files.xlsx([HEADER, person(industry='="制"&"造"'), person("E2", phone="=1+1")])) == [
        (2, "行业", "formula_without_value"),
        (3, "手机", "formula_without_value"),
    ]
    change = lambda sheet: sheet.write(1, 6, xlwt.Formula('"a"&"b"'))  # noqa: E731
    assert problems(files.xls([HEADER, person()], change)) == [(2, "行业", "formula_without_value")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="REF" t="str"><f>A1&amp;"x"</f><v>制造</v></c>', "制造"),
        ('<c r="REF"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="REF" t="str"><f>IF(1,"","")</f><v></v></c>', ""),
        ('<c r="REF" t="str"><f>IF(1,"","")</f><v/></c>', ""),
        ('<c r="REF" t="b"><f>TRUE()</f><v>1</v></c>', "TRUE"),
        ('<c r="REF"><f t="shared" si="0"/><v>7</v></c>', "7"),
        ('<c r="REF" s="0"/>', ""),
        ('<c r="REF" t="s"/>', ""),
    ],
)
def test_formulas_with_a_result_count(cell: str, value: str) -> None:
    sheet = files.sheet_xml(
        files.row_xml(1, "编号", "姓名", "层面", "行业"), files.row_xml(2, "E1", "张三", "市领导", cell)
    )
    table = read(files.raw_xlsx(sheet))
    assert (table.problems, table.column("industry")) == ([], [value])


@pytest.mark.parametrize(
    "cell", ['<c r="REF"><f>1+1</f></c>', '<c r="REF"><f>1+1</f><v/></c>', '<c r="REF" t="str"><f>A1</f></c>']
)
def test_formulas_without_a_result_in_any_spelling(cell: str) -> None:
    sheet = files.sheet_xml(
        files.row_xml(1, "编号", "姓名", "层面", "行业"), files.row_xml(2, "E1", "张三", "市领导", cell)
    )
    assert problems(files.raw_xlsx(sheet)) == [(2, "行业", "formula_without_value")]


PHONETIC = (
    '<si><r><rPr><b/></rPr><t>张</t></r><r><t xml:space="preserve"> 三</t></r>'
    '<rPh sb="0" eb="1"><t>zhāng</t></rPh><rPh sb="1" eb="2"><t>sān</t></rPh><phoneticPr fontId="1"/></si>'
)


def test_rich_text_without_its_pinyin() -> None:
    cell = '<c r="REF" t="s"><v>0</v></c>'
    inline = '<c r="REF" t="inlineStr">' + PHONETIC.replace("si>", "is>").replace("张", "李") + "</c>"
    rows = [
        files.row_xml(1, "编号", "姓名", "层面"),
        files.row_xml(2, "E1", cell, "市领导"),
        files.row_xml(3, "E2", inline, "市领导"),
    ]
    data = files.raw_xlsx(files.sheet_xml(*rows), strings=files.strings_xml(PHONETIC))
    assert read(data).column("name") == ["张三", "李三"]


def test_rich_text_of_openpyxl() -> None:
    rich = CellRichText("张", TextBlock(InlineFont(b=True), "三"), "丰")
    assert read(files.xlsx([HEADER, person(name=rich)])).column("name") == ["张三丰"]


def test_escapes_of_excel() -> None:
    items = [
        "<si><t>张&amp;三_x000D_\n</t></si>",
        "<si><t>&#x5F20;_x0007_三</t></si>",
        "<si><t>_xD842__xDFB7_野</t></si>",
    ]
    rows = [files.row_xml(1, "编号", "姓名", "层面")]
    rows += [files.row_xml(n + 2, f"E{n}", f'<c r="REF" t="s"><v>{n}</v></c>', "市领导") for n in range(3)]
    table = read(files.raw_xlsx(files.sheet_xml(*rows), strings=files.strings_xml(*items)))
    assert table.column("name") == ["张&三", "张\x07三", "𠮷野"]
    assert [(one.row, one.code) for one in table.problems] == [(3, "control_character")]


def test_nul_and_invalid_bytes_in_a_workbook() -> None:
    sheet = files.sheet_xml(
        files.row_xml(1, *HEADER),
        files.row_xml(2, "E1", "张_x0000_三", "市领导"),
        files.row_xml(3, "E2", "李BAD四", "市领导"),
    )
    assert problems(files.raw_xlsx(sheet.encode().replace(b"BAD", b"\xe4\xb8"))) == [
        (2, "姓名", "control_character"),
        (3, "姓名", "invalid_bytes"),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+86 路", "-x", "@home", "=cmd|' /C calc'!A0"])
@pytest.mark.parametrize("build", ["xlsx", "xls", "csv"])
def test_values_that_begin_like_formulas_are_text(build: str, text: str) -> None:
    rows = [HEADER, person(industry=text)]
    if build == "xlsx":

        def change(sheet: Worksheet) -> None:
            sheet["G2"].data_type = "s"  # openpyxl takes it for a formula

        data = files.xlsx(rows, change)
    else:
        data = files.xls(rows) if build == "xls" else files.delimited(rows).encode()
    table = read(data)
    assert (table.problems, table.column("industry")) == ([], [text])


def test_hidden_rows() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[5].hidden = True  # nothing in it

    data = files.xlsx([HEADER, person("E1"), person("E2"), person("E3")], change)
    assert problems(data) == [(3, "", "hidden_row")]
    assert len(read(data)) == 3


@pytest.mark.parametrize("attributes", [' hidden="1"', ' hidden="true"', ' ht="0" customHeight="1"'])
def test_hidden_rows_in_any_spelling(attributes: str) -> None:
    rows = [files.row_xml(1, *HEADER), files.row_xml(2, "E1", "张三", "市领导", attributes=attributes)]
    shown = files.row_xml(3, "E2", "李四", "市领导", attributes=' hidden="0" ht="0.75"')
    assert problems(files.raw_xlsx(files.sheet_xml(*rows, shown))) == [(2, "", "hidden_row")]


def test_hidden_rows_in_old_workbooks() -> None:
    change = lambda sheet: setattr(sheet.row(2), "hidden", True)  # noqa: E731
    assert problems(files.xls([HEADER, person("E1"), person("E2")], change)) == [(3, "", "hidden_row")]


def test_hidden_columns_are_read_with_a_warning() -> None:
    data = files.xlsx(
        [HEADER, person(industry="制造")], lambda sheet: setattr(sheet.column_dimensions["G"], "hidden", True)
    )
    assert (problems(data), warnings(data)) == ([], [(None, "行业", "hidden_column")])


def test_merged_cells_are_filled_down_with_a_warning() -> None:
    rows = [HEADER, person("E1", unit_name="示范厂"), person("E2"), person("E3"), person("E4")]
    data = files.xlsx(rows, lambda sheet: sheet.merge_cells("E2:E4"))
    table = read(data)
    assert table.problems == []
    assert table.column("unit_name") == ["示范厂", "示范厂", "示范厂", ""]
    assert warnings(data) == [(3, "单位名称", "filled_down"), (4, "单位名称", "filled_down")]
    assert [one.message() for one in table.warnings][0] == (
        "单位名称 in row 3 was filled in from the merged cell of row 2."
    )


def test_merged_cells_in_old_workbooks() -> None:
    rows = [HEADER, person("E1"), person("E2")]
    table = read(files.xls(rows, lambda sheet: sheet.write_merge(1, 2, 6, 6, "制造")))
    assert (table.problems, table.column("industry")) == ([], ["制造", "制造"])


def test_merged_cells_that_tell_rows_apart_are_a_problem() -> None:
    rows = [HEADER, person("E1", phone="13800138000"), person(None, name="李四"), person("E3")]

    def change(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("H2:H4")

    assert problems(files.xlsx(rows, change)) == [
        (3, "编号", "merged_cell"),
        (3, "手机", "merged_cell"),
        (4, "手机", "merged_cell"),
    ]


def test_cells_merged_over_columns() -> None:
    # F2:G3 covers 区县 and 行业 of two rows: 区县 goes down, 行业 has no value of its own in either.
    rows = [HEADER, person("E1", district="玄武区"), person("E2")]
    data = files.xlsx(rows, lambda sheet: sheet.merge_cells("F2:G3"))
    assert problems(data) == [(3, "行业", "merged_cell")]
    assert warnings(data) == [(2, "行业", "merged_across"), (3, "区县", "filled_down")]


def test_merged_empty_and_header_cells_say_nothing() -> None:
    rows = [["名册"], HEADER, person("E1"), person("E2")]

    def change(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:M1")
        sheet.merge_cells("E3:E4")

    data = files.xlsx(rows, change)
    assert (problems(data), warnings(data)) == ([], [(1, "", "row_above_header")])


def test_merged_below_the_list_makes_no_rows() -> None:
    rows = [HEADER, person("E1", unit_name="示范厂")]
    table = read(files.xlsx(rows, lambda sheet: sheet.merge_cells("E2:E9")))
    assert (len(table), table.warnings) == (1, [])


def test_positions_left_out_follow_from_those_before() -> None:
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    row = "<row>" + "".join(cell.format(text) for text in ("编号", "姓名", "层面")) + "</row>"
    body = "<row>" + "".join(cell.format(text) for text in ("E1", "张三", "市领导")) + "</row>"
    gap = (
        '<row r="9"><c r="A9" t="inlineStr"><is><t>E2</t></is></c>'
        + cell.format("李四")
        + cell.format("市领导")
        + "</row>"
    )
    table = read(files.raw_xlsx(files.sheet_xml(row, body, gap)))
    assert [(one.number, one.values["name"]) for one in table] == [(2, "张三"), (9, "李四")]


def test_values_far_away_cost_nothing() -> None:
    def change(sheet: Worksheet) -> None:
        sheet["XFD1048576"] = "?"

    table = read(files.xlsx([HEADER, person()], change))
    assert (len(table), table.problems) == (1, [])
    assert [(one.row, one.column, one.code) for one in table.warnings] == [
        (None, "XFD", "unnamed_column"),
        (1048576, "", "ignored_row"),
    ]


def test_leading_empty_rows_and_columns_keep_the_numbers() -> None:
    def change(sheet: Worksheet) -> None:
        for column, value in enumerate(("编号", "姓名", "层面"), start=4):
            sheet.cell(7, column, value)
            sheet.cell(9, column, "x")

    table = read(files.xlsx([], change))
    assert (table.header_row, table.positions["code"], table.numbers) == (7, 3, [9])


def test_openpyxl_reads_the_same() -> None:
    rows = [HEADER] + [
        person(f"E{n}", phone=13800138000 + n, industry="a&b<c>" * (n % 3), unit_name=n / 4 if n % 5 else None)
        for n in range(200)
    ]
    data = files.xlsx(rows)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    table = read(data)
    for row in table:
        cells = [sheet.cell(row.number, column + 1).value for column in range(13)]
        shown = [
            "" if one is None else str(int(one)) if isinstance(one, float) and one.is_integer() else str(one)
            for one in cells
        ]
        assert list(row.values.values()) == shown
