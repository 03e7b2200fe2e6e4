"""Generated opinions: varied Chinese sentences from templates that know a department's business."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from config.demo.departments import DemoDepartment
from config.demo.ratings import DISSATISFIED, SATISFIED

_OPENINGS = (
    "", "", "", "总的来说，",
    "作为一名普通市民，", "我们企业反映：", "今年感受比较深的是，", "建议领导重视：", "从基层看，",
    "我去办过几次事，", "听同事们说，", "坦率地讲，",
    "比较几年来看，", "希望转告：", "作为代表，", "社区居民普遍认为，",
)  # fmt: skip
_PRAISE = (
    "{d}在{b}方面办事快了，态度也好", "{b}的流程比以前简化了不少，值得肯定", "{d}的同志主动上门解决{b}的问题",
    "{b}一次就办成了，没有跑冤枉路", "{d}窗口人员讲解{b}很耐心", "{b}公开透明，群众心里有数", "{d}对{b}的承诺都兑现了",
    "{d}负责人带队下基层了解{b}，很接地气", "{b}网上能查到进度，很方便", "打电话问{b}，答复清楚及时",
    "{d}这一年在{b}上变化大，群众看得见", "反映的{b}问题三天就有回音",
)  # fmt: skip
_MIXED = (
    "{b}的手续还可以再减一些", "{b}的政策宣传不够，很多人不知道", "希望{d}把{b}的办理时限写清楚",
    "{b}能否开通网上预约", "{d}多到基层听听对{b}的意见", "{b}的标准各区不一样，建议统一",
    "建议{d}在{b}方面给企业一个固定联系人", "{b}高峰时人手不足，请合理安排窗口", "{b}的收费依据应当公示",
    "希望{b}的办事指南通俗一点，老年人看不懂", "{d}与其他部门在{b}上衔接不畅，请加强协调", "{b}周末也应有人值班",
    "希望{d}建立{b}的回访制度",
)  # fmt: skip
_COMPLAINT = (
    "{b}拖得太久，跑了四趟才办成", "{d}电话经常没人接，问{b}互相推诿", "{b}的材料一次说不清，来回补",
    "个别工作人员办理{b}时态度生硬", "{b}反映了半年没有结果", "{d}在{b}上重收费轻服务",
    "{b}存在找熟人的现象，应当查一查",
    "{d}检查多、指导少，{b}问题年年提年年有", "{b}扰民问题长期得不到解决", "投诉{b}后没有任何答复",
    "{d}窗口上班时间有人办私事，{b}排长队", "{b}的规定朝令夕改，企业无所适从",
)  # fmt: skip
_ENDINGS = (
    "。", "。", "。", "。", "。希望坚持下去。", "。请认真研究。", "！", "。谢谢！", "。期待明年有改观。",
    "。这是大家共同的愿望。", "。建议列入明年的重点。", "。请给个答复。",
)  # fmt: skip


def write(
    rng: np.random.Generator, departments: list[DemoDepartment], indices: np.ndarray, choices: np.ndarray
) -> Iterator[str]:
    """One opinion per (department index, choice) pair, in order: praise, wish or complaint as the rating was."""
    picks = rng.random((len(indices), 5))
    for i, (index, choice) in enumerate(zip(indices.tolist(), choices.tolist(), strict=True)):
        department = departments[index]
        mood = picks[i, 4]
        templates: tuple[str, ...]
        if choice == DISSATISFIED:
            templates = _COMPLAINT
        elif choice == SATISFIED:
            templates = _PRAISE if mood < 0.6 else _MIXED
        else:
            templates = _MIXED if mood < 0.7 else _COMPLAINT
        opening = _OPENINGS[int(picks[i, 0] * len(_OPENINGS))]
        body = templates[int(picks[i, 1] * len(templates))]
        business = department.business[int(picks[i, 2] * len(department.business))]
        ending = _ENDINGS[int(picks[i, 3] * len(_ENDINGS))]
        yield opening + body.format(d=department.short_name, b=business) + ending
