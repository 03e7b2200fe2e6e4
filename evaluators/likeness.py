"""How names that mean the same person differ: width, white space, variant and easily confused characters, one slip."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

SAME, VARIANT, SLIP = "same", "variant", "slip"
#: Names of so many characters can have a slip of one; of two any other name would be one.
_SHORTEST_WITH_SLIP = 3
_LONG, _ALIKE = 5, 85  # of longer names (transcribed ones) rapidfuzz's ratio in per cent decides

#: Characters that lists write for one another: variant forms, traditional ones, and those that look alike.
_CONFUSED = (
    "峰峯", "群羣", "昆崑", "喆哲", "昇升陞", "堃坤", "瑶瑤", "国國", "华華", "刘劉", "张張", "陈陳", "黄黃",
    "赵趙", "吴吳", "孙孫", "马馬", "萧肖蕭", "闫阎閻", "丘邱", "于於", "付傅", "代戴", "余佘", "侯候", "岳嶽",
    "范範", "钟鍾锺鐘", "叶葉", "宁寧甯", "党黨", "万萬", "冯馮", "邓鄧", "许許", "郑鄭", "韩韓", "杨楊", "苏蘇",
    "龙龍", "贾賈", "邹鄒", "谢謝", "罗羅", "卢盧", "陆陸", "顾顧", "汤湯", "庄莊", "晋晉", "温溫", "强強", "伟偉",
    "丽麗", "兰蘭", "凤鳳", "玉王", "杰傑", "军軍", "东東", "红紅", "云雲", "飞飛", "学學", "义義", "庆慶", "荣榮",
    "爱愛", "艺藝", "莹瑩", "颖穎頴", "晖暉辉輝", "炜煒", "玮瑋", "涛濤", "鹏鵬", "骏駿", "祯禎", "静靜", "娴嫻",
    "婵嬋", "琼瓊", "珍珎", "宝寶", "梦夢", "乐樂", "凯凱", "亚亞", "双雙", "圣聖", "礼禮", "灵靈", "啟启啓",
    "勋勳", "绣繡", "锈銹", "弥彌", "台臺", "己已巳", "末未", "士土", "日曰", "戊戌戍", "晴睛", "辰晨", "冰氷",
    "淼渺", "沈沉瀋", "侠俠", "佩珮", "娜那", "婷亭", "芳方", "燕艳艷", "惠慧", "琴芹", "娟鹃", "嫒媛", "薇微",
    "梅玫", "宏弘洪", "志智誌", "建健", "明铭", "清青", "永咏詠", "振震", "勤琴", "胜勝", "祥详", "福富", "林琳",
    "俊峻", "浩皓", "文纹", "金今", "秀绣", "春椿", "生笙",
)  # fmt: skip
_STANDS_FOR = {ord(one): group[0] for group in reversed(_CONFUSED) for one in group}
_LEFT_OUT = dict.fromkeys(map(ord, " ·•・.．-－'’‧"))


def folded(name: str) -> str:
    """The name as it is compared: width, case, white space and dots do not count, nor which of the characters that are
    taken for one another was written."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_LEFT_OUT)
    return plain.translate(_STANDS_FOR)


def kind_of(one: str, other: str) -> str:
    """How two names are alike: "same", "variant", "slip" (one character off, or two changed places), or ""."""
    if one == other:
        return SAME
    first, second = folded(one), folded(other)
    if first == second:
        return VARIANT
    shortest = min(len(first), len(second))
    if shortest < _SHORTEST_WITH_SLIP:
        return ""
    if OSA.distance(first, second, score_cutoff=1) <= 1:
        return SLIP
    return SLIP if shortest >= _LONG and fuzz.ratio(first, second) >= _ALIKE else ""


def near_pairs(names: Sequence[str]) -> list[tuple[int, int]]:
    """The places of two different names that may be alike, all against all; memory grows with the square of them."""
    forms = [folded(name) for name in names]
    close = process.cdist(forms, forms, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8) <= 1
    if max(map(len, forms), default=0) >= _LONG:
        close |= process.cdist(forms, forms, scorer=fuzz.ratio, score_cutoff=_ALIKE, dtype=np.uint8) > 0
    return [(int(one), int(other)) for one, other in zip(*np.nonzero(np.triu(close, k=1)), strict=True)]
