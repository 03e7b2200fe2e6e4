"""Every rule of registry.csv and draw.json broken once: the place is named, in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluators.draw import BadInput, Plan, Registry, check_public_seed, parse_plan, parse_registry
from evaluators.draw.__main__ import draw_folder

from .reference import plan_of

HEADER = "id,stratum,cell,unit,commitment\n"
GOOD = f"E001,res,东区,U1,{'a' * 64}\n"
LABEL_100 = "区" * 100


def registry(*rows: str, header: str = HEADER) -> bytes:
    """A registry with one good row (row 2) and then these."""
    return (header + GOOD + "".join(f"{row}\n" for row in rows)).encode()


#: data, row, column, code
BAD_REGISTRIES: dict[str, tuple[bytes, int, str, str]] = {
    "byte order mark": (b"\xef\xbb\xbf" + registry(), 1, "id", "bom"),
    "utf-16": (registry().decode().encode("utf-16"), 1, "id", "not_utf8"),
    "empty file": (b"", 1, "id", "bad_header"),
    "no header": (GOOD.encode(), 1, "id", "bad_header"),
    "header in another order": (registry(header="id,cell,stratum,unit,commitment\n"), 1, "stratum", "bad_header"),
    "header in capitals": (registry(header=HEADER.upper()), 1, "id", "bad_header"),
    "header too short": (registry(header="id,stratum,cell,unit\n"), 1, "commitment", "bad_header"),
    "header too long": (registry(header=HEADER.strip() + ",more\n"), 1, "6", "wrong_column_count"),
    "column missing": (registry("E002,res,东区,U1"), 3, "commitment", "wrong_column_count"),
    "column too many": (registry("E002,res,东区,U1,b,c"), 3, "6", "wrong_column_count"),
    "blank line": (registry("", "E002,res,,,b"), 3, "id", "wrong_column_count"),
    "semicolons": (registry("E002;res;;;b"), 3, "stratum", "wrong_column_count"),
    "not UTF-8": (registry() + b"E002,res,\xff,,b\n", 3, "cell", "not_utf8"),
    "not UTF-8 behind a quoted comma": (registry() + b'E002,"r,s",x,\xff,b\n', 3, "unit", "not_utf8"),
    "a half character": (registry() + b"E002,res,,\xed\xa0\x80,b\n", 3, "unit", "not_utf8"),
    "text behind a quote": (registry('E002,res,"东"区,U1,b'), 3, "cell", "bad_csv"),
    "quote not closed": (registry('E002,res,"东区,U1,b', "E003,res,,,c"), 3, "cell", "bad_csv"),
    "lone carriage return": (registry("E002,res,东\r区,U1,b"), 3, "cell", "bad_csv"),
    "empty id": (registry(",res,东区,U1,b"), 3, "id", "bad_id"),
    "id too short": (registry("E01,res,东区,U1,b"), 3, "id", "bad_id"),
    "id too long": (registry(f"E{'1' * 64},res,东区,U1,b"), 3, "id", "bad_id"),
    "id begins with a digit": (registry("1001,res,东区,U1,b"), 3, "id", "bad_id"),
    "id with a space": (registry("E001 ,res,东区,U1,b"), 3, "id", "bad_id"),
    "id with a letter that is not ASCII": (registry("E00é,res,东区,U1,b"), 3, "id", "bad_id"),
    "id with a full-width digit": (registry("E00１,res,东区,U1,b"), 3, "id", "bad_id"),
    "id with a line break": (registry('"E002\n",res,东区,U1,b'), 3, "id", "bad_id"),
    "id twice": (registry("E001,res,西区,U1,b"), 3, "id", "duplicate_id"),
    "id twice but for case": (registry("E002,res,,,b", "e001,res,西区,U1,b"), 4, "id", "duplicate_id"),
    "empty stratum": (registry("E002,,东区,U1,b"), 3, "stratum", "empty_stratum"),
    "unknown stratum": (registry("E002,other,东区,U1,b"), 3, "stratum", "unknown_stratum"),
    "label too long": (registry(f"E002,res,{LABEL_100}区,U1,b"), 3, "cell", "label_too_long"),
    "label begins with a space": (registry("E002,res,东区, U1,b"), 3, "unit", "label_not_trimmed"),
    "label ends with a space": (registry("E002,res,东区 ,U1,b"), 3, "cell", "label_not_trimmed"),
    "label not NFC": (registry("E002,res,cafe\u0301,U1,b"), 3, "cell", "label_not_nfc"),
    "tab in a label": (registry("E002,res,东\t区,U1,b"), 3, "cell", "label_character"),
    "line feed in a label": (registry('E002,res,"东\n区",U1,b'), 3, "cell", "label_character"),
    "NUL in a label": (registry("E002,res,东\0区,U1,b"), 3, "cell", "label_character"),
    "C1 control in a label": (registry("E002,res,东\x85区,U1,b"), 3, "cell", "label_character"),
    "zero-width space in a label": (registry("E002,res,东区,U\u200b1,b"), 3, "unit", "label_character"),
    "byte order mark in a label": (registry("E002,res,东区,\ufeffU1,b"), 3, "unit", "label_character"),
    "soft hyphen in a label": (registry("E002,res,东\u00ad区,U1,b"), 3, "cell", "label_character"),
    "ideographic space in a label": (registry("E002,res,东\u3000区,U1,b"), 3, "cell", "label_character"),
    "no-break space in a label": (registry("E002,res,东\u00a0区,U1,b"), 3, "cell", "label_character"),
    "line separator in a label": (registry("E002,res,东\u2028区,U1,b"), 3, "cell", "label_character"),
    "tag character in a label": (registry("E002,res,东\U000e0041区,U1,b"), 3, "cell", "label_character"),
    "line feed in a commitment": (registry('E002,res,东区,U1,"b\n"'), 3, "commitment", "label_character"),
}


@pytest.mark.parametrize("case", BAD_REGISTRIES)
def test_a_bad_registry_is_refused_with_its_place(case: str) -> None:
    data, row, column, code = BAD_REGISTRIES[case]
    with pytest.raises(BadInput) as refused:
        parse_registry(data, strata=["res"])
    error = refused.value
    assert (error.file, error.row, error.column, error.code) == ("registry.csv", row, column, code)
    assert str(error).startswith(f"registry.csv, row {row}, column {column}: ")
    assert "\n" not in str(error)


GOOD_ROWS = {
    "all of the id's alphabet": f"aZ_-9,res,,,{'b' * 64}",
    "longest id": f"E{'1' * 63},res,,,{'b' * 64}",
    "empty cell and unit": f"E002,res,,,{'b' * 64}",
    "longest label": f"E002,res,{LABEL_100},,{'b' * 64}",
    "comma, quote and inner space": f'E002,res,"a, ""b"" c",,{"b" * 64}',
    "beyond the basic plane": f"E002,res,𠮷区,·,{'b' * 64}",
    "commitment the draw does not use": "E002,res,,,b",
}


@pytest.mark.parametrize("case", GOOD_ROWS)
def test_what_only_looks_odd_is_accepted(case: str) -> None:
    assert len(parse_registry(registry(GOOD_ROWS[case]), strata=["res"]).ids) == 2


def test_a_snapshot_is_not_made_with_a_commitment_that_is_no_hash() -> None:
    with pytest.raises(BadInput) as refused:
        Registry.from_rows([("E001", "res", "", "", "a" * 63)])
    assert (refused.value.code, refused.value.row, refused.value.column) == ("bad_commitment", 2, "commitment")


def document() -> dict[str, Any]:
    stratum = {
        "code": "res",
        "mode": "random",
        "quota": 3,
        "reserve": 1,
        "max_per_unit": None,
        "min_per_cell": 0,
    }
    return {"format": 1, "seed_source": "dice", "public_seed": "1 2", "strata": [stratum, stratum | {"code": "npc"}]}


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = document()
    change(value)
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def stratum(**values: object) -> bytes:
    """The document with its second stratum changed."""
    return changed(lambda d: d["strata"].__setitem__(1, d["strata"][1] | values))


# With json.dumps(indent=1) the lines are: 1 {, 2 format, 3 seed_source, 4 public_seed, 5 strata, 6 {, 7-12 its keys,
# 13 }, 14 {, 15 code, 16 mode, 17 quota, 18 reserve, 19 max_per_unit, 20 min_per_cell, 21 }, 22 ], 23 }.
BAD_PLANS: dict[str, tuple[bytes, int, str, str]] = {
    "byte order mark": (b"\xef\xbb\xbf" + changed(lambda _: None), 1, "1", "bom"),
    "utf-16": (changed(lambda _: None).decode().encode("utf-16"), 1, "1", "bom"),
    "not UTF-8": (b'{"format": 1,\n "\xff": 2}', 2, "3", "not_utf8"),
    "empty": (b"", 1, "1", "not_json"),
    "broken": (b'{"format": 1,\n "seed_source" 2}', 2, "16", "not_json"),
    "a list": (b"[]", 1, "", "not_an_object"),
    "not a number": (b'{"format": NaN}', 1, "", "not_json"),
    "thousands of digits": (b'{"format": ' + b"9" * 5000 + b"}", 1, "", "not_json"),
    "thousands of brackets": (b"[" * 100_000, 1, "", "not_json"),
    "key twice": (b'{"format": 1,\n"format": 1}', 2, "format", "duplicate_key"),
    "key of a stratum twice": (
        changed(lambda _: None).replace(b'"reserve": 1,', b'"reserve": 1,\n  "quota": 9,', 1),
        11,
        "quota",
        "duplicate_key",
    ),
    "unknown key": (changed(lambda d: d.update(extra=1)), 23, "extra", "unknown_key"),
    "unknown key in a stratum": (stratum(extra=1), 21, "extra", "unknown_key"),
    "no format": (changed(lambda d: d.pop("format")), 1, "format", "missing_key"),
    "no seed": (changed(lambda d: d.pop("public_seed")), 1, "public_seed", "missing_key"),
    "no mode": (changed(lambda d: d["strata"][1].pop("mode")), 14, "mode", "missing_key"),
    "other format": (changed(lambda d: d.update(format=2)), 2, "format", "unknown_format"),
    "format true": (changed(lambda d: d.update(format=True)), 2, "format", "unknown_format"),
    "format 1.0": (changed(lambda d: d.update(format=1.0)), 2, "format", "unknown_format"),
    "no source": (changed(lambda d: d.update(seed_source=" ")), 3, "seed_source", "bad_seed_source"),
    "source a number": (changed(lambda d: d.update(seed_source=7)), 3, "seed_source", "bad_seed_source"),
    "source with half a character": (
        changed(lambda _: None).replace(b'"dice"', b'"\\ud800"'),
        3,
        "seed_source",
        "bad_seed_source",
    ),
    "strata an object": (changed(lambda d: d.update(strata={})), 5, "strata", "not_a_list"),
    "strata a text": (changed(lambda d: d.update(strata="res")), 5, "strata", "not_a_list"),
    "stratum a text": (changed(lambda d: d.update(strata=["res"])), 6, "strata", "not_an_object"),
    "code twice": (stratum(code="res"), 15, "code", "duplicate_stratum"),
    "code empty": (stratum(code=""), 15, "code", "bad_stratum_code"),
    "code a number": (stratum(code=1), 15, "code", "bad_stratum_code"),
    "code with a space": (stratum(code="npc "), 15, "code", "label_not_trimmed"),
    "code that the result needs": (stratum(code="seed"), 15, "code", "reserved_code"),
    "unknown mode": (stratum(mode="Random"), 16, "mode", "unknown_mode"),
    "mode a list": (stratum(mode=[]), 16, "mode", "unknown_mode"),
    "negative quota": (stratum(quota=-1), 17, "quota", "bad_number"),
    "quota 3.0": (stratum(quota=3.0), 17, "quota", "bad_number"),
    "quota 3e0": (stratum(quota=3).replace(b'"quota": 3', b'"quota": 3e0'), 9, "quota", "bad_number"),
    "quota a text": (stratum(quota="3"), 17, "quota", "bad_number"),
    "quota true": (stratum(quota=True), 17, "quota", "bad_number"),
    "quota null": (stratum(quota=None), 17, "quota", "bad_number"),
    "negative reserve": (stratum(reserve=-1), 18, "reserve", "bad_number"),
    "half a reserve": (stratum(reserve=0.5), 18, "reserve", "bad_number"),
    "cap 0": (stratum(max_per_unit=0), 19, "max_per_unit", "bad_number"),
    "cap negative": (stratum(max_per_unit=-2), 19, "max_per_unit", "bad_number"),
    "cap false": (stratum(max_per_unit=False), 19, "max_per_unit", "bad_number"),
    "minimum 2": (stratum(min_per_cell=2), 20, "min_per_cell", "bad_number"),
    "minimum null": (stratum(min_per_cell=None), 20, "min_per_cell", "bad_number"),
    "minimum true": (stratum(min_per_cell=True), 20, "min_per_cell", "bad_number"),
}


@pytest.mark.parametrize("case", BAD_PLANS)
def test_a_bad_plan_is_refused_with_its_place(case: str) -> None:
    data, row, column, code = BAD_PLANS[case]
    with pytest.raises(BadInput) as refused:
        parse_plan(data)
    error = refused.value
    assert (error.file, error.row, error.column, error.code) == ("draw.json", row, column, code)
    assert str(error).startswith(f"draw.json, row {row}")
    assert "\n" not in str(error)


BAD_SEEDS = {
    "empty": "",
    "white space": "  ",
    "newline": "\n",
    "trailing space": "12 34 ",
    "trailing newline": "12 34\n",
    "leading space": " 12 34",
    "two spaces": "12  34",
    "tab": "12\t34",
    "comma": "12,34",
    "hyphen": "12-34",
    "full-width digits": "１２ ３４",
    "Arabic digits": "١٢",
    "Chinese": "双色球",
    "no-break space": "12\u00a034",
}


@pytest.mark.parametrize("case", BAD_SEEDS)
def test_a_seed_of_another_form_is_refused(case: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_public_seed(BAD_SEEDS[case])
    assert refused.value.code == "bad_public_seed"
    with pytest.raises(BadInput) as refused:
        parse_plan(changed(lambda d: d.update(public_seed=BAD_SEEDS[case])))
    assert (refused.value.row, refused.value.column) == (4, "public_seed")


@pytest.mark.parametrize("value", [None, 12, 1.5, True, ["1"]])
def test_a_seed_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(BadInput) as refused:
        parse_plan(changed(lambda d: d.update(public_seed=value)))
    assert (refused.value.code, refused.value.row) == ("bad_public_seed", 4)


def test_a_plan_made_in_code_keeps_the_same_rules() -> None:
    with pytest.raises(BadInput) as refused:
        Plan("dice", (plan_of(quota=-1),))
    assert (refused.value.code, refused.value.column) == ("bad_number", "quota")


def test_the_plan_is_judged_before_the_registry(tmp_path: Path) -> None:
    (tmp_path / "draw.json").write_bytes(b"")
    (tmp_path / "registry.csv").write_bytes(b"")
    with pytest.raises(BadInput, match=r"^draw\.json, "):
        draw_folder(tmp_path)
