"""The result an import hands back, the words in it, and the package's own promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from foundation.tables import Column, Finding, ImportResult, TableSchema, Unreadable, codes, read_table
from tests.tables import files
from tests.tables.schemas import EVALUATORS, HEADER, person


def test_the_json_object_has_exactly_these_keys() -> None:
    table = read_table(files.xlsx([[*HEADER, "备注"], [*person(phone="1"), "x"]]), EVALUATORS)
    result = ImportResult(rows=1, create=0, change=0, unchanged=0, problems=table.problems, warnings=table.warnings)
    shown = json.loads(json.dumps(result.to_dict(lambda message: message.upper().replace("%(COLUMN)S", "%(column)s"))))
    assert list(shown) == ["rows", "create", "change", "unchanged", "problems", "warnings"]
    (problem,) = shown["problems"]
    assert list(problem) == ["row", "column", "code", "message"]
    assert (problem["row"], problem["column"], problem["code"]) == (2, "手机", "malformed_phone")
    assert problem["message"].startswith("THIS IS NO MOBILE NUMBER")
    (warning,) = shown["warnings"]
    assert (warning["row"], warning["column"]) == (None, "备注")


@pytest.mark.parametrize(
    ("problems", "warnings", "code"),
    [((), (), 0), ((), (Finding(2, "", "x", "y"),), 0), ((Finding(2, "", "x", "y"),), (), 1)],
)
def test_exit_codes(problems: tuple[Finding, ...], warnings: tuple[Finding, ...], code: int) -> None:
    assert ImportResult(problems=problems, warnings=warnings).exit_code == code


def test_an_unreadable_file_is_one_problem_of_the_whole_file() -> None:
    with pytest.raises(Unreadable) as caught:
        read_table("编号,姓名\n".encode(), EVALUATORS)
    result = ImportResult.of_unreadable(caught.value)
    assert result.exit_code == 2
    assert result.to_dict() == {
        "rows": 0,
        "create": 0,
        "change": 0,
        "unchanged": 0,
        "problems": [
            {
                "row": None,
                "column": "层面",
                "code": "missing_column",
                "message": "The required column 层面 is missing. Add it, as in the template.",
            }
        ],
        "warnings": [],
    }


def test_a_stored_result_is_translated_when_it_is_shown() -> None:
    table = read_table(files.xlsx([HEADER, person(phone="1"), ["合计"]]), EVALUATORS)
    stored = json.loads(json.dumps(ImportResult(3, 1, 1, 0, table.problems, table.warnings).to_record()))
    result = ImportResult.from_record(stored)
    assert result.problems == table.problems
    assert result.warnings == table.warnings
    assert (
        result.warnings[0].message({codes.WARNINGS["total_row"]: "第 %(row)s 行是合计"}.__getitem__) == "第 3 行是合计"
    )


def test_what_a_file_is_instead_is_translated_too() -> None:
    with pytest.raises(Unreadable) as caught:
        read_table(b"%PDF-1.4", EVALUATORS)
    chinese = {codes.UNREADABLE["not_a_table"]: "这是%(found)s", codes.FOUND["pdf"]: "PDF 文件"}
    assert caught.value.message(chinese.__getitem__) == "这是PDF 文件"


def test_every_message_says_what_to_do_in_placeholders_that_exist() -> None:
    for code, message in {**codes.UNREADABLE, **codes.PROBLEMS}.items():
        assert len(re.findall(r"[.:](?:\s|$)", message)) >= 2, code  # what is wrong, then what to do
    for message in codes.MESSAGES.values():
        assert re.sub(r"%\(\w+\)s", "", message).count("%") == 0
    assert len(codes.MESSAGES) == len(codes.UNREADABLE) + len(codes.PROBLEMS) + len(codes.WARNINGS)


def test_foreign_texts_in_messages_can_be_stored() -> None:
    text = "编号,姓名,层面,备\0注\x07" + "长" * 500 + "\nE1,张三,市领导,x\n"
    table = read_table(text.encode(), EVALUATORS)
    (warning,) = table.warnings
    assert "\\u0000" not in json.dumps(warning.to_record())
    assert len(warning.column) == 120


def test_schemas_are_checked_when_made() -> None:
    column = Column("code", "编号", "code")
    with pytest.raises(ValueError, match="no such field: name"):
        TableSchema("x", (column,), ("code", "name"))
    with pytest.raises(ValueError, match="share a header"):
        TableSchema("x", (column, Column("number", "编 号", "number")), ("code",))
    with pytest.raises(ValueError, match="no such field: group"):
        EVALUATORS.with_choices(group=["a"])
    with pytest.raises(KeyError):
        EVALUATORS.column("group")


def test_the_package_knows_no_django() -> None:
    program = "import sys, foundation.tables; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
