"""The published shape of the seven rounds, and the registry and weights that the demo city adds to it.

Published (press reports of Nanjing, see docs/demo.md): 2002 with 11,904 ballots out and 11,641 back, 2001-2007
together 82,896 out and 78,522 back with about 52,000 opinions; city-wide rates of 2001, 2002 and 2007. The other
years are filled in between, so that the totals come out exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class DemoYear:
    """What one round of the demo city comes out at. Rates in per cent."""

    year: int
    out: int
    back: int
    opinions: int
    satisfied: float
    dissatisfied: float
    theme: str
    published_rates: bool = False


YEARS: tuple[DemoYear, ...] = (
    DemoYear(2001, 11_532, 10_650, 6_900, 28.00, 11.00, "转变作风年", published_rates=True),
    DemoYear(2002, 11_904, 11_641, 7_700, 37.69, 1.18, "转变机关作风，优化发展环境", published_rates=True),
    DemoYear(2003, 11_760, 11_040, 7_300, 42.30, 1.10, "提高机关效能"),
    DemoYear(2004, 11_820, 11_130, 7_400, 46.10, 1.05, "规范行政行为"),
    DemoYear(2005, 11_880, 11_205, 7_450, 50.20, 0.98, "争创人民满意机关"),
    DemoYear(2006, 11_960, 11_330, 7_550, 54.30, 0.90, "服务基层，服务企业"),
    DemoYear(2007, 12_040, 11_526, 7_700, 58.00, 0.80, "加强作风建设，促进又好又快发展", published_rates=True),
)

OPEN_YEAR = DemoYear(2008, 12_000, 4_000, 2_600, 60.5, 0.75, "深化作风建设，服务科学发展")


@dataclass(frozen=True)
class DemoStratum:
    """A stratum's register, units and share of the ballots; leniency and noise in latent standard deviations."""

    code: str
    register: int
    quota_weight: int
    units: int
    leniency: float
    noise: float
    # Weight by group, before it is normalised to 100: party, economy, enforcement, service, vertical.
    weights: tuple[int, int, int, int, int]


STRATA: tuple[DemoStratum, ...] = (
    DemoStratum("leaders", 60, 60, 0, 0.30, 0.7, (20, 12, 10, 8, 8)),
    DemoStratum("npc", 2_400, 640, 0, -0.10, 0.9, (14, 14, 14, 14, 12)),
    DemoStratum("cppcc", 2_000, 560, 0, -0.05, 0.9, (14, 14, 12, 12, 12)),
    DemoStratum("party", 1_800, 500, 0, 0.20, 0.8, (16, 6, 6, 6, 6)),
    DemoStratum("districts", 5_000, 1_400, 180, 0.25, 0.8, (20, 14, 12, 12, 10)),
    DemoStratum("stations", 4_500, 1_200, 400, 0.10, 0.9, (8, 8, 10, 10, 10)),
    DemoStratum("enterprises", 13_000, 2_400, 1_400, -0.10, 1.1, (0, 18, 16, 10, 22)),
    DemoStratum("associations", 2_500, 640, 260, 0.00, 1.0, (4, 8, 6, 4, 8)),
    DemoStratum("residents", 26_740, 4_000, 700, -0.25, 1.2, (4, 4, 12, 22, 10)),
    DemoStratum("media", 2_000, 504, 60, -0.30, 1.0, (0, 2, 2, 2, 2)),
)

GROUPS = ("party", "economy", "enforcement", "service", "vertical")

DISTRICTS = (
    "玄武区", "白下区", "秦淮区", "建邺区", "鼓楼区", "下关区", "浦口区",
    "六合区", "栖霞区", "雨花台区", "江宁区", "溧水县", "高淳县",
)  # fmt: skip
INDUSTRIES = (
    "制造业", "批发和零售业", "建筑业", "交通运输、仓储和邮政业", "住宿和餐饮业", "信息传输、软件和信息技术服务业",
    "金融业", "房地产业", "租赁和商务服务业", "科学研究和技术服务业", "居民服务业", "教育", "卫生和社会工作",
    "文化、体育和娱乐业", "农、林、牧、渔业",
)  # fmt: skip


def spread(total: int, weights: list[float], floors: list[int], caps: list[int]) -> list[int]:
    """Split ``total`` in proportion to ``weights`` by largest remainder, each part within its floor and cap."""
    parts = [min(cap, max(floor, int(total * weight / sum(weights)))) for weight, floor, cap in
             zip(weights, floors, caps, strict=True)]  # fmt: skip
    order = sorted(range(len(parts)), key=lambda i: -weights[i])
    step = 1 if sum(parts) < total else -1
    while sum(parts) != total:
        moved = False
        for i in order:
            if sum(parts) == total:
                break
            if floors[i] <= parts[i] + step <= caps[i]:
                parts[i] += step
                moved = True
        if not moved:
            break
    return parts


def group_weights(group: str) -> dict[str, Decimal]:
    """The weights of the strata for a group, two places, summing to exactly 100."""
    raw = {stratum.code: stratum.weights[GROUPS.index(group)] for stratum in STRATA}
    total = sum(raw.values())
    cents = {code: value * 10_000 // total for code, value in raw.items()}
    rest = 10_000 - sum(cents.values())
    for code in sorted(raw, key=lambda code: -(raw[code] * 10_000 % total)):
        if rest and raw[code]:
            cents[code] += 1
            rest -= 1
    return {code: Decimal(value) / 100 for code, value in cents.items()}
