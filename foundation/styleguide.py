"""Every component of docs/design.md on one page, for those who build pages; only while DEBUG is on."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import django_tables2 as tables
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from foundation.models import Job, JobState

# What a page of samples shows are samples: names of no department and round figures of no year.
NAMES = ["甲局", "乙局", "丙局", "丁局", "戊委", "己委", "庚办", "辛中心"]
YEARS = ["2001", "2002", "2003", "2004", "2005", "2006", "2007"]


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label="名称", max_length=40, help_text="与公文中的名称一致。")
    year = forms.IntegerField(label="年度", min_value=2000)
    group = forms.ChoiceField(label="组别", choices=[("", "请选择"), ("a", "党群综合"), ("b", "经济管理")])
    day = forms.DateField(label="截止日期", widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label="方式", choices=[("web", "网上"), ("paper", "纸质")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="已核对名单")
    file = forms.FileField(label="名单文件", required=False, help_text="Excel 或 CSV，不超过 60 MB。")
    note = forms.CharField(label="理由", widget=forms.Textarea(attrs={"rows": 3}))


class SampleFilter(forms.Form):
    """A search box and two choices."""

    q = forms.CharField(label="搜索", required=False, widget=forms.TextInput(attrs={"placeholder": "名称或编号"}))
    group = forms.ChoiceField(label="组别", required=False, choices=[("", "全部"), ("a", "党群综合")])
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), ("on", "在用")])


class SampleTable(tables.Table):
    """A list with text and figures."""

    name = tables.Column(verbose_name="部门")
    rate = tables.Column(verbose_name="满意率（%）", attrs={"td": {"class": "num"}, "th": {"class": "num"}})
    rank = tables.Column(verbose_name="名次", attrs={"td": {"class": "num"}, "th": {"class": "num"}})

    class Meta:
        template_name = "django_tables2/app.html"
        attrs = {"class": "table", "caption": "部门"}


class SampleCards(SampleTable):
    """The same as cards on phones."""

    class Meta(SampleTable.Meta):
        attrs = {"class": "table table-cards", "caption": "部门"}


def _charts() -> dict[str, dict[str, Any]]:
    rates = [96.4, 93.1, 91.75, 90.2, 88.0, 84.6, 80.35, None]
    low = [94.9, 91.0, 89.2, 88.1, 85.3, 81.0, 76.2, None]
    high = [97.9, 95.2, 94.3, 92.3, 90.7, 88.2, 84.5, None]
    return {
        "trend": {
            "preset": "trend",
            "title": "样例：两条走势",
            "unit": "%",
            "decimals": 2,
            "categories": YEARS,
            "category_label": "年度",
            "summary": "样例数据：一条上升，一条下降，其中一年没有数据。",
            "series": [
                {
                    "name": "满意率",
                    "values": [28, 38, 41, None, 50, 54, 58],
                    "low": [26, 36, 39, None, 48, 52, 56],
                    "high": [30, 40, 43, None, 52, 56, 60],
                },
                {"name": "不满意率", "values": [11, 9, 8, None, 4, 2, 1]},
            ],
        },
        "bars": {
            "preset": "bars",
            "title": "样例：带误差范围的横条",
            "unit": "%",
            "decimals": 2,
            "min": 70,
            "categories": NAMES,
            "category_label": "部门",
            "highlight": [1],
            "reference": {"value": 90, "name": "组均值"},
            "series": [{"name": "满意率", "values": rates, "low": low, "high": high}],
        },
        "pairs": {
            "preset": "bars",
            "title": "样例：两年对照",
            "unit": "%",
            "decimals": 1,
            "categories": NAMES[:5],
            "category_label": "部门",
            "series": [
                {"name": "上年", "values": [90, 91, 88, 86, 85]},
                {"name": "本年", "values": [96.4, 93.1, 91.8, 90.2, 88]},
            ],
        },
        "slope": {
            "preset": "slope",
            "title": "样例：名次升降",
            "categories": NAMES,
            "category_label": "部门",
            "highlight": [0, 6],
            "series": [
                {"name": "2006", "values": [3, 1, 2, 4, 6, 5, 7, 8]},
                {"name": "2007", "values": [1, 2, 4, 3, 5, 7, 6, 8]},
            ],
        },
        "stacked": {
            "preset": "stacked",
            "title": "样例：各选项占比",
            "unit": "%",
            "decimals": 1,
            "categories": NAMES[:5],
            "category_label": "部门",
            "series": [
                {"name": "满意", "values": [58, 55, 50, 47, 40]},
                {"name": "比较满意", "values": [30, 31, 33, 34, 36]},
                {"name": "基本满意", "values": [8, 9, 11, 12, 15]},
                {"name": "不满意", "values": [1, 2, 2, 3, 5]},
                {"name": "不了解", "values": [3, 3, 4, 4, 4]},
            ],
        },
        "heat": {
            "preset": "heatmap",
            "title": "样例：部门与层面",
            "unit": "%",
            "decimals": 1,
            "categories": NAMES,
            "category_label": "部门",
            "series": [
                {
                    "name": name,
                    "values": [
                        60 + (7 * row + 11 * column) % 38 if (row, column) != (2, 3) else None
                        for row in range(len(NAMES))
                    ],
                }
                for column, name in enumerate(["市领导", "人大代表", "政协委员", "企业", "居民", "村民"])
            ],
        },
    }


def _job(state: str, done: int, message: str, error: str = "") -> Job:
    return Job(
        id=uuid.UUID(int=done + 1), kind="样例任务", state=state, done=done, total=10_000, message=message, error=error
    )


def _context(request: HttpRequest) -> dict[str, Any]:
    bound = SampleForm({"name": "", "year": "1999", "kind": "web"}, auto_id="bad_%s")
    rows = [{"name": name, "rate": f"{96 - 2.5 * i:.2f}", "rank": i + 1} for i, name in enumerate(NAMES)]
    table, cards = SampleTable(rows, order_by="rank"), SampleCards(rows)
    tables.RequestConfig(request, paginate={"per_page": 5}).configure(table)
    return {
        "here": request.get_full_path(),
        "names": NAMES[:3],
        "form": SampleForm(),
        "bound": bound,
        "filter": SampleFilter(request.GET),
        "table": table,
        "cards": cards,
        "empty": SampleTable([]),
        "page": Paginator(range(11_904), 50).get_page(7),
        "charts": _charts(),
        "jobs": [
            _job(JobState.FAILED, 2_500, "", "文件第 3 行起无法读取：请另存为 .xlsx 后重新上传。"),
            _job(JobState.DONE, 10_000, "全部完成"),
        ],
        "problems": [
            {
                "message": "还没有设置 2008 年的评议层面。",
                "remedy": "从上一年度复制，或逐个新建。",
                "url": "#",
                "url_label": "设置层面",
            },
            {
                "message": "“经济管理”组的层面权重合计为 95，应为 100。",
                "remedy": "调整该组权重。",
                "url": "#",
                "url_label": "调整权重",
            },
        ],
        "stages": [
            {"label": "草稿", "state": "done"},
            {"label": "已定方案", "state": "done"},
            {"label": "已抽样", "state": "done"},
            {"label": "评议中", "state": "current", "note": "5月31日截止"},
            {"label": "已截止", "state": "todo"},
            {"label": "已开箱", "state": "todo"},
            {"label": "已计分", "state": "todo"},
            {"label": "已公布", "state": "todo"},
        ],
        "facts": [("主题", "优化环境"), ("截止", date(2008, 5, 31)), ("抽样种子", None)],
        "earlier": timezone.now() - timedelta(minutes=3),
        "icons": [
            "house",
            "calendar",
            "people",
            "buildings",
            "dice",
            "inbox",
            "bar-chart-line",
            "trophy",
            "gear",
            "shield-check",
        ],
        "ranking": [
            ("甲局", 96.4, 3, 1.25),
            ("乙局", 88, -2, -0.4),
            ("丙局", None, None, None),
            ("丁局", 71.2, 0, 0),
        ],
    }


@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page of all components; ``?ballot`` shows those of the evaluators' pages."""
    name = "styleguide/ballot.html" if "ballot" in request.GET else "styleguide/index.html"
    return render(request, name, _context(request))
