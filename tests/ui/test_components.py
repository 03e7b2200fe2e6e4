"""The component tags: what they show, what they escape, what they refuse."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import translation

from foundation import charts
from foundation.models import Job, JobState

EVIL = '<script>alert("x")</script>'


def show(source: str, rf: Any = None, path: str = "/", **context: Any) -> str:
    if rf is not None:
        context["request"] = rf.get(path)
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    "source",
    [
        "{% icon 'x' label=evil %}",
        "{% status evil 'info' %}",
        "{% breadcrumbs evil '/a/' evil %}",
        "{% page_header evil lead=evil %}{{ evil }}{% endpage_header %}",
        "{% card evil %}{{ evil }}{% endcard %}",
        "{% notice 'info' evil %}{{ evil }}{% endnotice %}",
        "{% empty_state 'inbox' evil evil '/a/' evil %}",
        "{% stat evil evil unit=evil note=evil change_unit=evil change=1 %}",
        "{% definitions rows %}",
        "{% guards problems title=evil %}",
        "{% steps stages %}",
        "{% total evil value=1 target=2 label=evil %}",
        "{% meter 5 label=evil %}",
        "{% chart 'c' spec %}",
        "{{ evil|or_dash }}{{ evil|movement }}{{ evil|points }}{{ evil|change:2 }}",
    ],
)
def test_nothing_slips_through_unescaped(source: str) -> None:
    spec = {
        "preset": "bars", "title": EVIL, "unit": EVIL, "summary": EVIL, "categories": [EVIL], "category_label": EVIL,
        "series": [{"name": EVIL, "values": [1]}],
    }  # fmt: skip
    problem = {"message": EVIL, "remedy": EVIL, "url": "/a/", "url_label": EVIL}
    text = show(
        source, evil=EVIL, rows=[(EVIL, EVIL)], problems=[problem], spec=spec,
        stages=[{"label": EVIL, "state": "done", "note": EVIL}],
    )  # fmt: skip
    assert "<script>" not in text


def test_actions_of_a_page_header_stay_markup() -> None:
    assert '<a href="/a/">新建</a>' in show('{% page_header "评议" %}<a href="/a/">新建</a>{% endpage_header %}')


def test_unknown_kinds_are_mistakes() -> None:
    with pytest.raises(KeyError):
        show("{% status 'x' 'rosy' %}")
    with pytest.raises(KeyError):
        show("{% notice 'rosy' %}{% endnotice %}")


def test_breadcrumbs_end_without_a_link() -> None:
    text = show("{% breadcrumbs '评议' '/rounds/' '2008' %}")
    assert '<a href="/">首页</a>' in text
    assert '<a href="/rounds/">评议</a>' in text
    assert '<span aria-current="page">2008</span>' in text


def test_movement_is_said_and_not_only_shown() -> None:
    up = show("{{ 3|movement }}")
    assert "caret-up-fill" in up
    assert '<span class="visually-hidden">上升 3 位</span>' in up
    assert '<span class="visually-hidden">下降 10 位</span>' in show("{{ -10|movement }}".replace("-10", "n"), n=-10)
    assert "持平" in show("{{ 0|movement }}")
    assert '<span class="visually-hidden">无可比数据</span>' in show("{{ n|movement }}", n=None)
    with translation.override("en"):
        assert "up 1 place<" in show("{{ 1|movement }}")


def test_a_change_is_coloured_by_what_is_good() -> None:
    assert "move-good" in show("{{ n|change:2 }}", n=1.25)
    assert "move-bad" in show('{{ n|change:"2,down" }}', n=1.25)
    assert "move-none" in show('{{ n|change:"2,none" }}', n=1.25)
    assert "caret" not in show("{{ n|change:2 }}", n=0.001)  # shown as 0.00: no arrow either


def test_guards_vanish_without_problems() -> None:
    assert show("{% guards problems %}", problems=[]).strip() == ""


def test_total_says_whether_it_adds_up() -> None:
    assert "total-ok" in show("{% total '.w' value=100 target=100 %}")
    off = show("{% total '.w' value='99.99' target=100 %}")
    assert "total-off" in off
    assert "合计不符" in off


def test_paginator_keeps_search_and_names_the_rows(rf: Any) -> None:
    page = Paginator(range(101), 25).page(2)
    text = show("{% paginator page %}", rf, "/?q=%E5%B1%80&page=2", page=page)
    assert 'href="?q=%E5%B1%80&amp;page=3"' in text
    assert "第 26–50 条，共 101 条" in text
    assert text.count("aria-current") == 1
    assert show("{% paginator page %}", rf, page=Paginator(range(3), 25).page(1)).strip() == ""


def test_sort_link_turns_around_and_goes_back_to_the_first_page(rf: Any) -> None:
    assert 'href="?sort=name"' in show("{% sort_link 'name' '名称' %}", rf, "/?page=4")
    assert 'href="?sort=-name"' in show("{% sort_link 'name' '名称' %}", rf, "/?sort=name")


def test_filter_bar_shows_what_was_asked_and_can_be_cleared(rf: Any) -> None:
    class Filter(forms.Form):
        q = forms.CharField(label="搜索", required=False)
        group = forms.ChoiceField(label="组别", required=False, choices=[("", "全部"), ("a", "甲")])

    request = rf.get("/list/?q=%22%3E%3Cb%3E&group=a")
    text = show("{% filter_bar form count=1204 %}", rf, "/list/?q=x&group=a", form=Filter(request.GET))
    assert 'value="&quot;&gt;&lt;b&gt;"' in text
    assert 'class="form-select"' in text
    assert '<a class="btn btn-link" href="/list/">' in text
    assert "共 1,204 条" in text
    assert "清除条件" not in show("{% filter_bar form %}", rf, "/list/", form=Filter({}))


def test_form_errors_link_to_their_fields() -> None:
    class Form(forms.Form):
        name = forms.CharField(label="名称")
        kind = forms.ChoiceField(label="方式", choices=[("a", "甲")], widget=forms.RadioSelect)

    text = render_to_string("bootstrap5/errors.html", {"form": Form({})})
    assert '<a href="#id_name">名称：' in text
    assert '<a href="#id_kind_0">方式：' in text  # a group's id is on no element; its first button is the place to go
    assert render_to_string("bootstrap5/errors.html", {"form": Form()}).strip() == ""


def job(state: str, **fields: Any) -> Job:
    return Job(id=uuid.UUID(int=7), kind="test.kind", state=state, **fields)


def test_a_running_job_asks_again_and_a_finished_one_does_not(rf: Any) -> None:
    running = show("{% job_progress job %}", rf, job=job(JobState.RUNNING, done=1234, total=10_000))
    assert 'hx-trigger="every 1s"' in running
    assert 'value="12"' in running
    assert "1,234 / 10,000（12%）" in running
    assert "停止任务" in running
    done = show("{% job_progress job %}", rf, job=job(JobState.DONE, done=5, total=5))
    assert "hx-trigger" not in done
    assert "停止任务" not in done
    failed = show("{% job_progress job %}", rf, job=job(JobState.FAILED, error_code="internal"))
    assert "任务因出错而停止" in failed


def test_a_job_of_unknown_length_shows_no_figure(rf: Any) -> None:
    text = show("{% job_progress job %}", rf, job=job(JobState.RUNNING))
    assert re.search(r"<progress aria-labelledby=[^>]*></progress>", text)


def spec(**changes: Any) -> dict[str, Any]:
    return {
        "preset": "bars",
        "title": "满意率",
        "decimals": 2,
        "unit": "%",
        "categories": ["甲局", "乙局"],
        "series": [{"name": "2007", "values": [1.005, None], "low": [0.5, None], "high": [2, None]}],
        **changes,
    }


def test_chart_and_table_say_the_same_figures() -> None:
    table = charts.table(spec())
    assert table.headings == ["名称", "2007（%）", "2007：可能范围"]
    assert table.rows == [("甲局", ["1.01", "0.50–2.00"]), ("乙局", ["—", "—"])]
    payload = charts.payload(spec())
    assert payload["series"][0]["values"] == [1.01, None]
    json.dumps(payload)


def test_a_chart_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(charts.ChartError, match="unknown preset"):
        charts.table(spec(preset="pie"))
    with pytest.raises(charts.ChartError, match="1 values for 2 categories"):
        charts.payload(spec(series=[{"name": "2007", "values": [1]}]))


def test_a_chart_is_a_table_without_javascript() -> None:
    text = show("{% chart 'c' spec %}", spec=spec())
    assert '<details class="unfold" data-chart-table open>' in text
    assert '<th scope="row">甲局</th>' in text
    assert 'type="application/json"' in text
