"""Rows that are no data: totals, notes, headings, repeated headers. They are skipped with a warning, never stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from foundation.tables import codes
from foundation.tables.cleaning import clean_text
from foundation.tables.schema import TableSchema, header_form

_TOTAL = re.compile(
    r"(?:本页|以上|全部|全市|各项)?(?:合计|总计|小计|共计|总数|累计)"
    r"(?:[:：(（].*|[0-9０-９,，.]*(?:人|个|家|名|户|条|行|项)?)"
    r"|共[0-9０-９]+(?:人|个|家|名|户|条|项)?|(?:grand|sub)?-?totals?(?:[:：].*)?",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:备?注|说明|填表说明|填报说明|注意|附注|提示|notes?|remarks?)[0-9一二三四五六七八九十]*[:：.、．]"
    r"|(?:填表|填报|制表|编制|审核|复核|核对|报送|经办|联系|负责|单位负责|主管|分管|盖章|签字|签章|打印|截止|截至)"
    r"[\w（()）]{0,8}[:：]",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"[（(]?[一二三四五六七八九十百]+[）)]?[、.．:：]|[（(][一二三四五六七八九十0-9]+[）)]|第\w{1,4}(?:部分|组|类|批|章|页)"
)
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_PUNCTUATION = re.compile(r"[:：；;。、，《》！？※★☆▲●]|[0-9]{4}年|\A[*＊]")
_LONGEST_LONE_VALUE = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be no data.

    ``values``: its cleaned values by field, empty ones left out. ``leftmost``: the first text of the row, in whatever
    column. ``texts``: how many cells have one. ``spans``: whether a cell of it is merged over several columns.
    """

    values: Mapping[str, str]
    leftmost: str
    texts: int
    spans: bool


class Skipper:
    """Tells, for one kind of list, which rows are no data."""

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._columns = {column.field: column for column in schema.columns}
        self._required = [column.field for column in schema.columns if column.required]
        self._code, self._name = schema.header_key[0], schema.header_key[-1]
        own = [re.escape(header) for field in schema.header_key for header in self._headers(field)]
        self._suspect = re.compile("|".join(["计", "总数", "共", "total", *own]), re.IGNORECASE)

    def _headers(self, field: str) -> tuple[str, str]:
        return self._columns[field].chinese, self._columns[field].english

    def suspects(self, field: str, values: Iterable[str]) -> set[str]:
        """The values of a header-key column that call for a look at their rows, complete as those may be."""
        search = self._suspect.search
        return {
            value for value in set(values) if search(value) and (_is_total(value) or self._is_own_header(field, value))
        }

    def reason(self, row: Candidate) -> str | None:
        """The code of the warning with which to skip the row; None where it is data, complete or not."""
        values = row.values
        if self._repeats_header(values):
            return codes.REPEATED_HEADER
        code = values.get(self._code, "")
        if _is_total(values.get(self._name, "")) or _is_total(code):
            return codes.TOTAL_ROW
        if all(field in values for field in self._required):
            return None
        if not code and (_is_total(row.leftmost) or any(_is_total(value) for value in values.values())):
            return codes.TOTAL_ROW
        first = clean_text(row.leftmost)
        if _NOTE.match(first) and (not code or _NOTE.match(code)):
            return codes.NOTE_ROW
        if _HEADING.match(first) and (not code or _CHINESE.search(code)):
            return codes.BANNER_ROW
        return codes.BANNER_ROW if row.texts == 1 and self._is_lone_text(row) else None

    def _repeats_header(self, values: Mapping[str, str]) -> bool:
        repeated = {field for field, value in values.items() if self._is_own_header(field, value)}
        if set(self._schema.header_key) <= repeated:
            return True
        return bool(repeated) and len(repeated) == len(values)

    def _is_own_header(self, field: str, value: str) -> bool:
        return len(value) <= _LONGEST_LONE_VALUE and header_form(value) in self._columns[field].headers

    def _is_lone_text(self, row: Candidate) -> bool:
        """The only text of a row: a heading, unless it could be a value whose neighbours were forgotten."""
        if len(row.values) != 1:
            return False
        ((field, value),) = row.values.items()
        if row.spans or _PUNCTUATION.search(value) or len(value) > _LONGEST_LONE_VALUE:
            return True
        return field == self._code and _CHINESE.search(value) is not None


def _is_total(value: str) -> bool:
    return len(value) <= _LONGEST_LONE_VALUE and _TOTAL.fullmatch(re.sub(r"\s+", "", value)) is not None
