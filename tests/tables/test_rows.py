"""Header, skipped rows, duplicates, contradictions: what concerns whole rows and sheets."""

from __future__ import annotations

import openpyxl
import pytest

from foundation.tables import Table, Unreadable, read_table
from tests.tables import files
from tests.tables.schemas import DEPARTMENTS, EVALUATORS, HEADER, person

Found = list[tuple[int | None, str, str]]


def read(rows: files.Rows) -> Table:
    return read_table(files.xlsx(rows), EVALUATORS)


def problems(table: Table) -> Found:
    return [(one.row, one.column, one.code) for one in table.problems]


def warnings(table: Table) -> Found:
    return [(one.row, one.column, one.code) for one in table.warnings]


# The header


@pytest.mark.parametrize("row", [1, 2, 20])
def test_header_in_the_first_twenty_rows(row: int) -> None:
    table = read([*[[None]] * (row - 1), HEADER, person()])
    assert (table.header_row, table.numbers, table.problems) == (row, [row + 1], [])


def test_no_header_below_the_twentieth_row() -> None:
    with pytest.raises(Unreadable) as caught:
        read([*[["x"]] * 20, HEADER, person()])
    assert caught.value.code == "no_header"


def test_columns_in_any_order_white_space_ignored() -> None:
    table = read([["状\n态", None, " 层 面", "姓\u3000名", "\u200b编号*"], ["有效", None, "市领导", "张三", "E1"]])
    assert table.rows[0].values["code"] == "E1"
    assert table.positions == {"status": 0, "stratum": 2, "name": 3, "code": 4}


def test_the_first_visible_sheet_with_a_header() -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["请填写", "编号"])
    hidden = book.create_sheet("旧名册")
    hidden.sheet_state = "hidden"
    very_hidden = book.create_sheet("代码")
    very_hidden.sheet_state = "veryHidden"
    for sheet in (hidden, very_hidden, book.create_sheet("名册"), book.create_sheet("名册2")):
        sheet.append(HEADER)
        sheet.append(person(sheet.title))
    book.create_sheet("Sheet3")
    table = read_table(files.saved(book), EVALUATORS)
    assert (table.sheet, table.column("code")) == ("名册", ["名册"])
    named = [(one.code, one.params["sheet"]) for one in table.warnings]
    assert named == [("ignored_sheet", name) for name in ("说明", "旧名册", "代码", "名册2")]  # Sheet3 is empty
    assert all(one.params["sheet"] in one.message() for one in table.warnings)


def test_hidden_sheets_are_not_read() -> None:
    with pytest.raises(Unreadable):
        read_table(files.raw_xlsx(files.sheet_xml(files.row_xml(1, *HEADER)), state="hidden"), EVALUATORS)


def test_a_chart_sheet_is_no_sheet() -> None:
    book = openpyxl.Workbook()
    book.create_chartsheet("图", 0)
    for row in (HEADER, person()):
        book["Sheet"].append(row)
    assert len(read_table(files.saved(book), EVALUATORS)) == 1


def test_ignored_columns_are_named() -> None:
    table = read([["序号", *HEADER, "备注"], [1, *person(), "x", "?"], [2, *person("E2"), None, "?"]])
    assert problems(table) == []
    assert warnings(table) == [
        (None, "序号", "ignored_column"),
        (None, "备注", "ignored_column"),
        (None, "P", "unnamed_column"),
    ]
    assert all(one.column in one.message() for one in table.warnings)


def test_the_reasons_column_is_ignored_without_a_word() -> None:
    assert read([[*HEADER, "原因"], [*person(), "手机：…"]]).warnings == []


def test_rows_above_the_header_and_beside_the_list() -> None:
    table = read([["示范市评议人名册"], [None], [*HEADER, "备注"], person(), [*[None] * 13, "只有备注"]])
    assert warnings(table) == [(None, "备注", "ignored_column"), (1, "", "row_above_header"), (5, "", "ignored_row")]
    assert len(table) == 1


# Rows that are no data


def skipped(row: list[object], *, merge: str = "") -> str | None:
    """The code under which row 3 is skipped, between two good rows; None where it is kept."""
    rows = [HEADER, person("E1"), row, person("E3", name="李四")]
    data = files.xlsx(rows, lambda sheet: sheet.merge_cells(merge) if merge else None)
    table = read_table(data, EVALUATORS)
    if 3 in table.numbers:
        assert not [one for one in table.warnings if one.row == 3]
        return None
    assert table.numbers == [2, 4]
    assert table.problems == []
    ((number, code),) = [(one.row, one.code) for one in table.warnings]
    assert number == 3
    return code


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["合计", 60000], "total_row"),
        (["合　计", "2人", "10个层面"], "total_row"),
        ([None, "合计", None, None, None, None, None, 5], "total_row"),
        (["总计："], "total_row"),
        (["小计", None, None, "12"], "total_row"),
        (["共3人"], "total_row"),
        ([None, None, "合计", None, "3"], "total_row"),
        (["Total", None, None, 3], "total_row"),
        (["E9", "合计", "市领导"], "total_row"),
        (["注：手机必填"], "note_row"),
        (["备注: 一人一行", None, None, "x"], "note_row"),
        (["填表人：张三", None, None, "审核人：李四", None, None, None, "日期：2008年3月1日"], "note_row"),
        ([None, "填报单位（盖章）：示范市人大办"], "note_row"),
        (["一、市领导"], "banner_row"),
        (["（二）人大代表", None, None, None, None, None, None, "共20人"], "banner_row"),
        (["第一部分"], "banner_row"),
        (["市领导"], "banner_row"),
        ([None, "※以下由各区填写"], "banner_row"),
        (HEADER, "repeated_header"),
        (["编号", "姓名"], "repeated_header"),
        (["编 号", "姓 名", "层 面", "Unit code"], "repeated_header"),
        ([column.english for column in EVALUATORS.columns], "repeated_header"),
    ],
)
def test_rows_that_are_no_data(row: list[object], code: str) -> None:
    assert skipped(row) == code


def test_a_merged_heading() -> None:
    assert skipped([None, "市领导"], merge="B3:F3") == "banner_row"


@pytest.mark.parametrize(
    "row",
    [
        ["E2"],
        [None, "李四"],
        [None, None, "市领导"],
        [None, "李四", "市领导"],
        ["E2", None, "市领导"],
        ["E2", "注册会计师", None],
        ["E2", "计合", "市领导"],
        ["E2", "编号", "市领导"],
        [None, None, None, None, None, None, None, "13800138000"],
        ["E2", None, None, "注：甲"],
    ],
)
def test_incomplete_rows_are_problems(row: list[object]) -> None:
    assert skipped(row) is None


def test_skipped_rows_are_not_counted_and_name_their_row() -> None:
    table = read([HEADER, person("E1"), ["合计", 1], [" ", "\u200b"], person("E2")])
    assert (table.numbers, [one.message() for one in table.warnings]) == ([2, 5], ["Row 3 is a total and was skipped."])


def test_a_total_in_an_ignored_first_column() -> None:
    table = read([["序号", *HEADER], [1, *person()], ["合计", None, None, None, None, None, None, None, 1]])
    assert warnings(table)[-1] == (3, "", "total_row")


def test_departments_totals_and_headings() -> None:
    rows = [["编号", "全称", "组别"], ["D1", "示范市公安局", "执法监督"], ["执法监督类"], ["合计", "1个"]]
    table = read_table(files.xlsx(rows), DEPARTMENTS)
    assert (len(table), [one.code for one in table.warnings]) == (1, ["banner_row", "total_row"])


def test_formatted_empty_rows_are_nothing() -> None:
    cells = "".join(f'<c r="{chr(65 + column)}REF" s="1"/>' for column in range(13))
    empty = "".join(
        f'<row r="{n}" s="1" customFormat="1">{cells.replace("REF", str(n))}</row>' for n in range(3, 50_003)
    )
    sheet = files.sheet_xml(files.row_xml(1, *HEADER), files.row_xml(2, "E1", "张三", "市领导"), empty)
    table = read_table(files.raw_xlsx(sheet, styles=files.styles_xml("@")), EVALUATORS)
    assert (table.numbers, table.problems, table.warnings) == ([2], [], [])


# Rows that do not go together


def test_missing_required_values() -> None:
    table = read([HEADER, ["E1", None, "市领导"], ["E2", "李四", " "], [None, "王五", "市领导", None, "示范厂"]])
    assert problems(table) == [
        (2, "姓名", "missing_value"),
        (3, "层面", "missing_value"),
        (4, "编号", "missing_value"),
    ]


def test_the_later_row_of_the_same_code() -> None:
    table = read([HEADER, person("E1"), person("E2"), person("Ｅ１", name="别人"), person("E 1", name="又一个")])
    assert problems(table) == [(4, "编号", "duplicate"), (5, "编号", "duplicate")]
    assert [one.params["first"] for one in table.problems] == [2, 2]
    assert table.problem_rows == {4, 5}


def test_the_later_row_of_the_same_name_and_phone() -> None:
    rows = [
        HEADER,
        person("E1", name="张三", phone="13800138000"),
        person("E2", name="张 三", phone="+86 138-0013-8000"),
        person("E3", name="张三", phone="13800138001"),
        person("E4", name="李四", phone="13800138000"),
        person("E5", name="张三"),
        person("E6", name="张三"),
    ]
    assert problems(read(rows)) == [(3, "手机", "duplicate")]


def test_a_row_twice_is_one_problem() -> None:
    row = person("E1", phone="13800138000")
    assert problems(read([HEADER, row, row])) == [(3, "编号", "duplicate")]


def test_one_unit_code_with_two_names() -> None:
    rows = [
        HEADER,
        person("E1", unit_code="U1", unit_name="示范厂"),
        person("E2", unit_code="Ｕ1", unit_name="示 范 厂"),
        person("E3", unit_code="U1"),
        person("E4", unit_code="U1", unit_name="示范二厂"),
        person("E5", unit_code="U2", unit_name="示范厂"),
    ]
    table = read(rows)
    assert problems(table) == [(5, "单位名称", "inconsistent")]
    assert table.problems[0].message() == "单位编号 U1 has another 单位名称 in row 2. Make the two the same."


def test_choices_of_the_database() -> None:
    schema = EVALUATORS.with_choices(stratum=["市领导", "人大代表"])
    table = read_table(files.xlsx([HEADER, person(stratum="人 大代表"), person("E2", stratum="市民")]), schema)
    assert problems(table) == [(3, "层面", "unknown_choice")]
    assert table.column("stratum") == ["人大代表", "市民"]
    assert table.problems[0].message() == "“市民” is not known as 层面. Use one of: 市领导、人大代表."


def test_problems_of_the_app_stand_beside_the_others() -> None:
    table = read([HEADER, person("E1", phone="1"), person("E2", department_code="D9")])
    table.add_problem(3, "department_code", "unknown_department", "There is no department %(value)s.", value="D9")
    table.add_warning(2, "status", "default_status", "Row %(row)s has no %(column)s.")
    table.sort_findings()
    assert problems(table) == [(2, "手机", "malformed_phone"), (3, "工作部门编号", "unknown_department")]
    assert table.problems[1].to_dict() == {
        "row": 3,
        "column": "工作部门编号",
        "code": "unknown_department",
        "message": "There is no department D9.",
    }
    assert table.warnings[0].message() == "Row 2 has no 状态."
    assert table.is_bad(3, "department_code")


def test_an_unclosed_quotation_mark() -> None:
    text = '编号,姓名,层面\r\nE1,张三,市领导\r\nE2,"李四,市领导\r\nE3,王五,市领导\r\n'
    table = read_table(text.encode(), EVALUATORS)
    assert (3, "", "unclosed_quote") in problems(table)


def test_a_quotation_mark_inside_a_value_is_no_problem() -> None:
    text = '编号,姓名,层面,单位名称\r\nE1,张三,市领导,5" 管\r\n'
    table = read_table(text.encode(), EVALUATORS)
    assert (table.problems, table.column("unit_name")) == ([], ['5" 管'])
