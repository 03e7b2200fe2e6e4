"""What is mended silently, and what is not."""

from __future__ import annotations

import pytest

from foundation.tables import Column
from foundation.tables.cleaning import clean_column, clean_value
from foundation.tables.numbertext import Format, number_format, number_text
from foundation.tables.raw import Odd

NAME = Column("name", "姓名", "name", kind="name", max_length=50)
TEXT = Column("unit_name", "单位名称", "unit_name", max_length=200)
CODE = Column("code", "编号", "code", kind="code", max_length=40)
PHONE = Column("phone", "手机", "phone", kind="phone")
EMAIL = Column("email", "邮箱", "email", kind="email", max_length=254)
GROUP = Column("group", "组别", "group", kind="choice", choices=("党群综合", "A组"))


@pytest.mark.parametrize(
    ("column", "raw", "clean"),
    [
        (NAME, " 张三 ", "张三"),
        (NAME, "张　三", "张三"),
        (NAME, "张\t\n三\r\n", "张三"),
        (NAME, "张 三\u3000丰", "张三丰"),
        (NAME, "\ufeff张\u200b\u200c\u200d\u2060三\u00ad\u200e\u202a\u202c\u2066\u2069", "张三"),
        (NAME, "张\u00a0三", "张三"),
        (NAME, "张\u200b 三", "张三"),
        (NAME, "阿依古丽·买买提", "阿依古丽·买买提"),
        (NAME, "阿依古丽 · 买买提", "阿依古丽·买买提"),
        (NAME, "𠮷野 㐂", "𠮷野㐂"),
        (NAME, "\ue863三", "\ue863三"),  # private use: how older systems wrote rare characters
        (NAME, "葛\U000e0100城", "葛\U000e0100城"),  # with the selector of its variant
        (NAME, "Ｍａｒｙ", "Ｍａｒｙ"),  # names keep their width
        (NAME, "Mary   Ann\tLee", "Mary Ann Lee"),
        (NAME, "王 Mary", "王 Mary"),
        (TEXT, "示范市 第3 中学（东区） 分部", "示范市第3 中学（东区）分部"),
        (TEXT, "示范市\n第三\u2003中学", "示范市第三中学"),
        (TEXT, "=SUM(A1)", "=SUM(A1)"),
        (TEXT, "+86 路", "+86 路"),
        (TEXT, "@home", "@home"),
        (TEXT, "-", "-"),
        (TEXT, "2号 楼", "2号楼"),
        (CODE, "Ｅ００１", "E001"),
        (CODE, " E 001\u200b\t", "E001"),
        (CODE, "e－１＿２", "e-1_2"),
        (CODE, "007", "007"),
        (CODE, "=1+1", "=1+1"),
        (CODE, "12E3", "12E3"),  # no sign: a code, not a number
        (CODE, "2008-01-03", "2008-01-03"),
        (CODE, "110101199001011234", "110101199001011234"),  # as text all its digits are there
        (EMAIL, " ｌｉ＠Example．cn\u200b", "li@Example.cn"),
        (EMAIL, "zhang.san+x@mail.example.com.cn", "zhang.san+x@mail.example.com.cn"),
        (EMAIL, "li@示范.中国", "li@示范.中国"),
        (EMAIL, "", ""),
        (GROUP, "党 群\u3000综合", "党群综合"),
        (GROUP, "ａ组", "A组"),
        (TEXT, "\u3000\u200b \t", ""),
    ],
)
def test_mended_silently(column: Column, raw: str, clean: str) -> None:
    assert clean_value(raw, column) == (clean, None)


@pytest.mark.parametrize(
    "raw",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "138—0013–8000",
        "138－0013‑8000",
        "138−0013‐8000",
        "(138)00138000",
        "（138）0013【8000】",
        "+8613800138000",
        "+86 138 0013 8000",
        "＋８６１３８００１３８０００",
        "8613800138000",
        "86-13800138000",
        "008613800138000",
        "（0086）138-0013-8000",
        "(+86)13800138000",
        "13800138000.0",
        "8613800138000.0",
        "１３８００１３８０００",
        "138\u200b0013\u00a08000\n",
    ],
)
def test_phones_are_normalised(raw: str) -> None:
    assert clean_value(raw, PHONE) == ("13800138000", None)


@pytest.mark.parametrize(
    "raw",
    [
        "1380013800",
        "138001380000",
        "12800138000",
        "23800138000",
        "02584400000",
        "025-84400000",
        "1380013800O",
        "13800138000/13900139000",
        "13800138000转8",
        "+8513800138000",
        "861380013800",
        "13800138000.5",
        "١٣٨٠٠١٣٨٠٠٠",
        "无",
        "'13800138000",
    ],
)
def test_malformed_phones(raw: str) -> None:
    value, problem = clean_value(raw, PHONE)
    assert problem is not None
    assert problem[0] == "malformed_phone"
    assert value


def test_a_phone_of_dashes_is_no_phone() -> None:
    assert clean_value("——", PHONE) == ("", None)


@pytest.mark.parametrize(
    "raw", ["li", "li@", "@example.cn", "li@example", "li@@example.cn", "li@exa_mple.cn", "li@example..cn", ".li@a.cn"]
    + ["li@a.cn;wang@a.cn", "李@example.cn", "li@-a.cn", "li@a.1", "x" * 65 + "@a.cn"]
)  # fmt: skip
def test_malformed_emails(raw: str) -> None:
    assert clean_value(raw, EMAIL)[1] == ("malformed_email", {})


@pytest.mark.parametrize(
    ("column", "raw", "code"),
    [
        (NAME, "张\0三", "control_character"),
        (NAME, "张\x07三", "control_character"),
        (NAME, "张\x7f三", "control_character"),
        (CODE, "E1\x1b", "control_character"),
        (PHONE, "13800138000\x01", "control_character"),
        (NAME, "张\udce4三", "invalid_bytes"),
        (NAME, "张\ufffd三", "invalid_bytes"),
        (PHONE, "1.38E+10", "digits_lost"),
        (PHONE, "1.38001E+10", "digits_lost"),
        (CODE, "1.10101E+17", "digits_lost"),
        (CODE, "1E+15", "digits_lost"),
        (NAME, "#N/A", "error_value"),
        (TEXT, "#REF!", "error_value"),
        (CODE, "#DIV/0!", "error_value"),
        (TEXT, "########", "error_value"),
        (TEXT, "2024/1/5", "date_value"),
        (NAME, "2024-01-05 00:00:00", "date_value"),
        (CODE, "1月2日", "date_value"),
        (CODE, "2-Jan", "date_value"),
        (CODE, "2024/1/5", "date_value"),
        (NAME, "张" * 51, "too_long"),
        (TEXT, "厂" * 201, "too_long"),
        (EMAIL, "a" * 250 + "@a.cn", "too_long"),
        (GROUP, "别的", "unknown_choice"),
        (NAME, Odd("error_value", "#N/A"), "error_value"),
    ],
)
def test_problems(column: Column, raw: str | Odd, code: str) -> None:
    value, problem = clean_value(raw, column)
    assert problem is not None
    assert problem[0] == code
    value.encode()  # what is kept can be stored and shown


@pytest.mark.parametrize("column", [NAME, TEXT, CODE, EMAIL])
def test_the_longest_allowed_value(column: Column) -> None:
    # 254 = 64 for the local part at most, @, then labels of at most 63: 64 + 1 + 63 + 1 + 63 + 1 + 58 + 3
    address = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.cn"
    value = address if column is EMAIL else "𠮷" * (column.max_length or 0)
    assert len(value) == column.max_length
    assert clean_value(value, column) == (value, None)


def test_a_column_is_cleaned_like_its_values() -> None:
    raw = ["张三", " 张三", "", "张\0三", Odd("error_value", "#N/A"), "张三", "张" * 51]
    values, problems = clean_column(list(raw), NAME)
    assert values == [clean_value(one, NAME)[0] for one in raw]
    assert {place: problem[0] for place, problem in problems.items()} == {
        3: "control_character",
        4: "error_value",
        6: "too_long",
    }


@pytest.mark.parametrize(
    ("stored", "shape", "shown"),
    [
        ("13800138000", None, "13800138000"),
        ("1.3800138E10", None, "13800138000"),  # how some programs store it: no digit is lost
        ("13800138000.0", None, "13800138000"),
        ("999999999999999", None, "999999999999999"),
        ("1000000000000000", None, Odd("digits_lost", "1E+15")),
        ("1.10101199001011E17", None, Odd("digits_lost", "1.10101199001011E+17")),
        ("110101199001011234", None, Odd("digits_lost", "1.10101199001011E+17")),
        ("-5", None, "-5"),
        ("0.1", None, "0.1"),
        ("0.30000000000000004", None, "0.3"),
        ("1E-7", None, "0.0000001"),
        ("0", None, "0"),
        ("7", Format("padded", "", 4, ""), "0007"),
        ("7", Format("padded", "U-", 3, ""), "U-007"),
        ("0.5", Format("percent"), "50%"),
        ("0.07", Format("percent"), "7%"),
        ("45296", Format("date"), Odd("date_value", "2024-01-05")),
        ("45296.5", Format("date"), Odd("date_value", "2024-01-05 12:00:00")),
        ("13800138000", Format("date"), Odd("date_value", "13800138000")),
        ("1e999", None, Odd("error_value", "inf")),
    ],
)
def test_numbers_as_text(stored: str, shape: Format | None, shown: str | Odd) -> None:
    # 2024-01-01 is day 45292: 124 years of 365 days, 30 leap days from 1904 to 2020, and 2 from 1899-12-30 to 1900.
    assert number_text(stored, shape) == shown


@pytest.mark.parametrize(
    ("number", "code", "kind"),
    [
        (0, None, None),
        (14, None, "date"),
        (22, None, "date"),
        (31, None, "date"),  # yyyy"年"m"月"d"日" in the Chinese edition
        (57, None, "date"),
        (9, None, "percent"),
        (49, None, None),
        (170, "General", None),
        (170, "@", None),
        (170, "0.00_ ", None),
        (170, "#,##0.00;[Red]-#,##0.00", None),
        (170, "0.00E+00", None),
        (170, '"¥"#,##0', None),
        (170, "000-0000-0000", None),
        (170, "yyyy-mm-dd", "date"),
        (170, 'yyyy"年"m"月"', "date"),
        (170, "[$-804]aaaa", "date"),
        (170, "[h]:mm", "date"),
        (170, "0.0%", "percent"),
        (170, "000000", "padded"),
        (170, '"U"0000', "padded"),
        (170, '0"分"', "padded"),
        (170, "0", None),
    ],
)
def test_number_formats(number: int, code: str | None, kind: str | None) -> None:
    shape = number_format(number, code)
    assert (shape.kind if shape else None) == kind
