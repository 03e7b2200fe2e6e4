"""What can be read and what cannot: told from the content, whatever the name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt

from foundation.tables import Limits, Unreadable, read_table
from tests.tables import files
from tests.tables.schemas import DEPARTMENTS, ENGLISH, EVALUATORS, HEADER, person

ROWS = [
    HEADER,
    person("E1", phone="13800138000", email="a@example.cn", unit_code="U1", unit_name="示范厂"),
    person("E2", name="𠮷野·买", stratum="人大代表"),
]
TEXT = files.delimited(ROWS)


def values(data: bytes) -> list[tuple[int, str, str, str, str]]:
    table = read_table(data, EVALUATORS)
    assert table.problems == []
    return [(n, v["code"], v["name"], v["stratum"], v["phone"]) for n, v in table]


EXPECTED = [(2, "E1", "张E1", "市领导", "13800138000"), (3, "E2", "𠮷野·买", "人大代表", "")]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(files.xlsx(ROWS), id="xlsx"),
        pytest.param(files.strict(files.xlsx(ROWS)), id="strict"),
        pytest.param(files.prefixed(files.xlsx(ROWS)), id="prefixed"),
        pytest.param(files.encrypted(files.xlsx(ROWS), "VelvetSweatshop"), id="opens without asking"),
        pytest.param(files.xls(ROWS), id="xls"),
    ],
)
def test_workbooks(data: bytes) -> None:
    assert values(data) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_csv(encoding: str, separator: str, end: str) -> None:
    assert values(files.delimited(ROWS, separator, end).encode(encoding)) == EXPECTED


def test_utf16_big_endian_with_mark() -> None:
    assert values(b"\xfe\xff" + TEXT.encode("utf-16-be")) == EXPECTED


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;;"])
def test_sep_line_is_skipped_and_not_counted(line: str) -> None:
    assert values((line + "\r\n" + files.delimited(ROWS, ";")).encode("utf-8-sig")) == EXPECTED


def test_sep_line_with_a_separator_of_its_own() -> None:
    assert values(("sep=|\r\n" + files.delimited(ROWS, "|")).encode()) == EXPECTED


def test_macro_workbook() -> None:
    macros = files.rewritten(
        files.xlsx(ROWS),
        lambda _, content: content.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
    )
    assert values(macros) == EXPECTED


def test_english_headers() -> None:
    assert values(files.delimited([ENGLISH, *ROWS[1:]]).encode("gb18030")) == EXPECTED


def test_the_name_plays_no_part(tmp_path: Path) -> None:
    path = tmp_path / "名册.csv"
    path.write_bytes(files.xlsx(ROWS))
    assert len(read_table(path, EVALUATORS)) == 2
    with path.open("rb") as stream:
        assert len(read_table(stream, EVALUATORS)) == 2


def test_csv_rows_are_records_with_blank_lines_counted() -> None:
    # Record 1 is blank, 2 the header, 3 holds a line break, 4 is blank, 5 is the second person.
    text = '\r\n编号,姓名,层面\r\nE1,"张\r\n三",市领导\r\n\r\nE2,李四,市领导\r\n'
    table = read_table(text.encode(), EVALUATORS)
    assert [(row.number, row.values["name"]) for row in table] == [(3, "张三"), (5, "李四")]


def test_separators_inside_values() -> None:
    text = '编号;姓名;层面;单位名称\r\nE1;张三;市领导;"一,二;三"\r\n'
    assert read_table(text.encode(), EVALUATORS).column("unit_name") == ["一,二;三"]


def test_protected_against_editing_is_read() -> None:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active.protection.set_password("geheim")
    book.security = openpyxl.workbook.protection.WorkbookProtection(workbookPassword="1234", lockStructure=True)
    assert values(files.saved(book)) == EXPECTED


def test_protected_old_workbook_is_read() -> None:
    def protect(sheet: xlwt.Worksheet) -> None:
        sheet.protect = True
        sheet.password = "geheim"

    assert values(files.xls(ROWS, protect)) == EXPECTED


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100)
HTML = "<html><body><table><tr><td>编号</td><td>姓名</td><td>层面</td></tr></table></body></html>"
XLSX = files.xlsx(ROWS)
XLS = files.xls(ROWS)
BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + ']>\n<worksheet xmlns="'
    + files.MAIN
    + '"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&m;</t></is></c>'
    "</row></sheetData></worksheet>"
)


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        for name, content in parts.items():
            container.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "empty_file", id="nothing"),
        pytest.param(b"\xef\xbb\xbf\r\n  \r\n", "empty_file", id="white space"),
        pytest.param(HTML.encode(), "not_a_table", id="html"),
        pytest.param(b"\xef\xbb\xbf\r\n<!DOCTYPE html>" + HTML.encode(), "not_a_table", id="html with doctype"),
        pytest.param(HTML.encode("utf-16"), "not_a_table", id="html in UTF-16"),
        pytest.param(
            b"<?xml version='1.0'?>\n<?mso-application progid='Excel.Sheet'?><Workbook/>", "not_a_table", id="xml"
        ),
        pytest.param(b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "not_a_table", id="mhtml"),
        pytest.param(PNG, "not_a_table", id="png"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not_a_table", id="pdf"),
        pytest.param(b"BZh91AY&SY" + bytes(50), "not_a_table", id="bzip2"),
        pytest.param(b"\x1f\x8b\x08" + bytes(50), "not_a_table", id="gzip"),
        pytest.param(bytes(range(1, 9)) * 50, "not_a_table", id="binary"),
        pytest.param(archive(a=b"1"), "not_a_table", id="zip"),
        pytest.param(archive(word__document_xml=b"<w/>"), "not_a_table", id="docx"),
        pytest.param(archive(xl__workbook=b"").replace(b"xl/workbook", b"xl/workbo.k"), "not_a_table", id="zip of xl"),
        pytest.param(b"PK\x05\x06" + bytes(18), "not_a_table", id="empty zip"),
        pytest.param(XLSX[: len(XLSX) // 2], "damaged", id="half an xlsx"),
        pytest.param(XLSX[:-30], "damaged", id="xlsx without its end"),
        pytest.param(XLS[: len(XLS) // 2], "damaged", id="half an xls"),
        pytest.param(XLS[:600], "damaged", id="beginning of an xls"),
        pytest.param(files.encrypted(XLSX, "geheim"), "encrypted", id="password"),
        pytest.param(files.raw_xlsx(BILLION_LAUGHS), "unsafe_xml", id="entities in a sheet"),
        pytest.param(
            files.raw_xlsx(files.sheet_xml(), strings=BILLION_LAUGHS.replace("worksheet", "sst")),
            "unsafe_xml",
            id="entities in strings",
        ),
        pytest.param(files.raw_xlsx("<worksheet"), "damaged", id="broken xml"),
        pytest.param(files.raw_xlsx(files.sheet_xml(), compression=zipfile.ZIP_BZIP2), "damaged", id="bzip2 inside"),
        pytest.param(files.raw_xlsx(files.sheet_xml(), compression=zipfile.ZIP_LZMA), "damaged", id="lzma inside"),
        pytest.param(b"a,b,c\n1,2,3\n", "no_header", id="another list"),
    ],
)
def test_unreadable(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_table(data, EVALUATORS)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)
    assert caught.value.finding().row is None


def test_old_workbook_with_a_password_is_refused() -> None:
    # A FILEPASS record (0x002F) in place of the CODEPAGE record: the rest would be noise.
    at = XLS.index(b"\x42\x00\x02\x00\xb0\x04")
    data = XLS[:at] + b"\x2f\x00\x02\x00\x00\x00" + XLS[at + 6 :]
    with pytest.raises(Unreadable) as caught:
        read_table(data, EVALUATORS)
    assert caught.value.code == "encrypted"


def test_encrypted_zip_entries_are_refused() -> None:
    # Bit 0 of the flags, in the directory (offset 8) and in the local header (offset 6) of every part.
    data = bytearray(XLSX)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    with pytest.raises(Unreadable) as caught:
        read_table(bytes(data), EVALUATORS)
    assert caught.value.code == "encrypted"


def test_too_large_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode())
    with pytest.raises(Unreadable) as caught:
        read_table(path, EVALUATORS, Limits(file_bytes=20))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("header", "code", "column"),
    [
        (["编号", "姓名"], "missing_column", "层面"),
        (["编号", "层面"], "missing_column", "姓名"),
        (["姓名", "层面", "手机"], "missing_column", "编号"),
        (["编号", "姓名", "层面", "手机", "手 机"], "column_twice", "手机"),
        (["编号", "姓名", "层面", "邮箱", "email"], "column_twice", "邮箱"),
        (["编号", "姓名", "层面", "Code"], "column_twice", "编号"),
        (["序号", "名字"], "no_header", "编号"),
    ],
)
@pytest.mark.parametrize("build", [files.xlsx, files.xls, lambda rows: files.delimited(rows).encode()])
def test_header_faults_name_the_column(build, header: list[str], code: str, column: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_table(build([header, ["1", "2", "3", "4", "5"]]), EVALUATORS)
    assert (caught.value.code, caught.value.column) == (code, column)
    assert column in str(caught.value)


def test_departments_have_a_header_of_their_own() -> None:
    with pytest.raises(Unreadable) as caught:
        read_table("编号,全称,简称\nD1,示范市公安局,公安局".encode(), DEPARTMENTS)
    assert caught.value.column == "组别"
    table = read_table("组别,简 称,全　称,编\t号\n执法监督,公安局,示范市公安局,D1".encode(), DEPARTMENTS)
    assert table.rows[0].values == {
        "code": "D1",
        "name": "示范市公安局",
        "short_name": "公安局",
        "group": "执法监督",
        "sector": "",
        "status": "",
    }
    assert not table.has("sector")
