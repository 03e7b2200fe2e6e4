"""The demo registry: synthetic people, clearly so, in units over real districts and industries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from config.demo.departments import DemoDepartment
from config.demo.plan import DISTRICTS, INDUSTRIES, STRATA, DemoStratum

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢"
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文辉慧巧美淑惠珠翠雅芝萍红月彩春菊凤洁梅琳素云莲真环雪荣爱妹香"
    "晓志海山仁波宁贵福生龙元全胜学祥才发武新利清飞彬富顺信子光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松"
)
_UNIT_WORDS = "华东金陵宏远恒信中天长江紫金苏宁瑞丰永盛新城大地蓝天鼎新祥云博雅汇通安泰嘉业鸿运"
_ENTERPRISE_KINDS = (
    "机电有限公司",
    "商贸有限公司",
    "科技股份有限公司",
    "建设集团",
    "物流有限公司",
    "食品厂",
    "大酒店",
    "软件公司",
)
_PROPOSERS = (
    "市人大办公室",
    "市政协办公室",
    "市委组织部",
    "各区县机关工委",
    "市工商联",
    "街道办事处",
    "行业协会联合会",
    "市级机关工委",
)


#: The weight class of the outer counties. It goes by district, over which the quota is spread, so that how many of
#: those drawn hold it does not depend on who is drawn: same seed, same city, whatever the deployment's keys.
OUTER = "远郊"
_OUTER = {"溧水县", "高淳县"}
_WITH_OUTER_CLASS = {"districts", "stations"}


@dataclass(frozen=True)
class DemoUnit:
    """An evaluator unit."""

    code: str
    name: str
    stratum: str
    district: str
    industry: str


@dataclass(frozen=True)
class DemoPerson:
    """A synthetic person; the phone numbers are one block, 130 0000 0001 upwards, handed out in order."""

    code: str
    name: str
    stratum: str
    unit: str
    unit_name: str
    district: str
    industry: str
    phone: str
    email: str
    weight_class: str
    employer: str
    proposed_by: str


def _scaled(count: int, scale: float, floor: int) -> int:
    return max(floor, round(count * scale)) if count else 0


def register_size(stratum: DemoStratum, scale: float) -> int:
    """How many people a stratum has at a scale; never fewer than report safely."""
    return _scaled(stratum.register, scale, 40)


def units(rng: np.random.Generator, scale: float) -> list[DemoUnit]:
    """The evaluator units of all strata."""
    result: list[DemoUnit] = []
    for stratum in STRATA:
        for i in range(_scaled(stratum.units, scale, 4)):
            district = DISTRICTS[int(rng.integers(len(DISTRICTS)))]
            industry = INDUSTRIES[int(rng.integers(len(INDUSTRIES)))] if stratum.code == "enterprises" else ""
            name = _unit_name(rng, stratum.code, district, i + 1)
            result.append(DemoUnit(f"U{len(result) + 1:05d}", name, stratum.code, district, industry))
    return result


def _unit_name(rng: np.random.Generator, stratum: str, district: str, number: int) -> str:
    match stratum:
        case "districts":
            return f"{district}机关第{number}办公室"
        case "stations":
            return f"{district}第{number}基层站所"
        case "residents":
            return f"{district}第{number}社区居委会"
        case "associations":
            return f"示范市第{number}行业协会"
        case "media":
            return f"示范市第{number}媒体"
    start = int(rng.integers(len(_UNIT_WORDS) // 2)) * 2
    kind = _ENTERPRISE_KINDS[int(rng.integers(len(_ENTERPRISE_KINDS)))]
    return f"示范市{_UNIT_WORDS[start : start + 2]}{number}号{kind}"


def people(
    rng: np.random.Generator, all_units: list[DemoUnit], departments: list[DemoDepartment], scale: float
) -> Iterator[DemoPerson]:
    """The people of all strata, in the order of their codes."""
    number = 0
    for stratum in STRATA:
        own = [unit for unit in all_units if unit.stratum == stratum.code]
        count = register_size(stratum, scale)
        names = _names(rng, count)
        unit_of = rng.integers(len(own), size=count) if own else None
        district_of = rng.integers(len(DISTRICTS), size=count)
        chance = rng.random((count, 3))
        employer_of = rng.integers(len(departments), size=count)
        for i in range(count):
            number += 1
            unit = own[int(unit_of[i])] if unit_of is not None else None
            has_mail = chance[i, 0] < 0.45
            yield DemoPerson(
                code=f"P{number:06d}",
                name=names[i],
                stratum=stratum.code,
                unit=unit.code if unit else "",
                unit_name=unit.name if unit else "",
                district=unit.district if unit else DISTRICTS[int(district_of[i])],
                industry=unit.industry if unit else "",
                phone=f"130{number:08d}",
                email=f"p{number:06d}@example.invalid" if has_mail else "",
                weight_class=OUTER if stratum.code in _WITH_OUTER_CLASS and unit and unit.district in _OUTER else "",
                employer=departments[int(employer_of[i])].code
                if stratum.code in {"party", "districts"} and chance[i, 2] < 0.06
                else "",
                proposed_by=_proposer(stratum.code, number, departments),
            )


def _proposer(stratum: str, number: int, departments: list[DemoDepartment]) -> str:
    """The nominating body: spread evenly, but for one that fills a stratum, and departments that send their own."""
    if stratum == "associations" and number % 8 < 5:
        return "行业协会联合会"
    if stratum == "enterprises" and number % 6 == 0:
        senders = [department for department in departments if department.group == "economy"][:3]
        sender = senders[number // 24 % 3]
        return sender.full_name if number % 12 else f"{sender.full_name}直属企业管理处"
    return _PROPOSERS[number % len(_PROPOSERS)]


def _names(rng: np.random.Generator, count: int) -> list[str]:
    surnames = rng.integers(len(_SURNAMES), size=count)
    given = rng.integers(len(_GIVEN), size=(count, 2))
    short = rng.random(count) < 0.3
    return [
        _SURNAMES[surnames[i]] + _GIVEN[given[i, 0]] + ("" if short[i] else _GIVEN[given[i, 1]]) for i in range(count)
    ]
