"""The Excel files of the story: departments, and a registry of three strata with three rows to mend."""

from __future__ import annotations

from pathlib import Path

import openpyxl

GROUPS = ("党群综合", "经济管理", "执法监督", "社会服务", "垂直管理")
STRATA = ("人大代表", "企业管理人员", "社区居民")
PEOPLE_A_STRATUM = 14


def departments(path: Path) -> None:
    """Ten departments, two a group."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["编号", "全称", "简称", "组别", "片", "状态"])
    for number in range(1, 11):
        group = GROUPS[(number - 1) // 2]
        sheet.append([f"D{number:02d}", f"测试市第{number}局", f"{number}局", group, "综合片", "有效"])
    book.save(path)


def registry(path: Path) -> None:
    """42 people; the third has no stratum that exists, the fourth a short number, the fifth another's code."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["编号", "姓名", "层面", "单位编号", "单位名称", "区县", "手机"])
    for number in range(1, len(STRATA) * PEOPLE_A_STRATUM + 1):
        stratum = STRATA[(number - 1) // PEOPLE_A_STRATUM]
        phone = f"139{number:08d}"
        code = f"P{number:03d}"
        if number == 3:
            stratum = "不存在的层面"
        if number == 4:
            phone = "12345"
        if number == 5:
            code = "P001"
        sheet.append([code, f"张三{number}", stratum, f"U{number % 4}", f"第{number % 4}单位", "鼓楼区", phone])
    book.save(path)


def mend(source: Path, target: Path) -> None:
    """What a clerk does with the downloaded problem rows: correct them where the last column says what is wrong."""
    book = openpyxl.load_workbook(source)
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    column = {name: header.index(name) + 1 for name in header}
    for row in range(2, sheet.max_row + 1):
        name = sheet.cell(row, column["姓名"]).value
        number = int(name.removeprefix("张三"))
        sheet.cell(row, column["层面"]).value = STRATA[0]
        sheet.cell(row, column["手机"]).value = f"139{number:08d}"
        sheet.cell(row, column["编号"]).value = f"P{number:03d}"
    book.save(target)
