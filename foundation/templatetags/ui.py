"""The components of docs/design.md as tags, each a partial of ``templates/components/``, and the figures' filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms import BoundField
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from foundation import charts, formats, jobs
from foundation.icons import icon
from foundation.models import Job, JobState
from foundation.templatetags import figures

register = template.Library()
register.filters.update(figures.register.filters)  # pages load one library

STATUS_ICONS = {
    "neutral": "dash",
    "info": "info-circle",
    "progress": "play-fill",
    "success": "check-circle-fill",
    "warning": "exclamation-triangle-fill",
    "danger": "exclamation-octagon-fill",
}
NOTICE_ICONS = {
    "info": "info-circle-fill",
    "success": "check-circle-fill",
    "warning": "exclamation-triangle-fill",
    "danger": "exclamation-octagon-fill",
}
JOB_KINDS = {
    JobState.QUEUED: "neutral",
    JobState.RUNNING: "progress",
    JobState.DONE: "success",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "warning",
}


def _render(name: str, context: Mapping[str, Any]) -> SafeString:
    return render_to_string(f"components/{name}.html", dict(context))


# Small pieces


register.simple_tag(icon)


@register.simple_tag
def status(label: str, kind: str = "neutral") -> SafeString:
    """A badge that says where something stands. Raises KeyError for an unknown kind."""
    return format_html('<span class="badge-status badge-{}">{}{}</span>', kind, icon(STATUS_ICONS[kind]), label)


@register.simple_tag
def breadcrumbs(*parts: Any) -> SafeString:
    """``label, url, label, url, …, last label``; the first page is put in front by itself."""
    crumbs = [(parts[i], parts[i + 1] if i + 1 < len(parts) else "") for i in range(0, len(parts), 2)]
    return _render("breadcrumbs", {"crumbs": crumbs})


@register.simple_tag
def crumb_list(crumbs: Iterable[tuple[str, str]]) -> SafeString:
    """Breadcrumbs from a list of ``(label, url)``; the last one's url is empty."""
    return _render("breadcrumbs", {"crumbs": list(crumbs)})


@register.simple_tag
def empty_state(
    icon_name: str, title: str, text: str = "", url: str = "", url_label: str = "", level: int = 0
) -> SafeString:
    """What to show where there is nothing yet: why, and what to do next. ``level``: heading level, 0 for none."""
    return _render(
        "empty_state",
        {"icon": icon_name, "title": title, "text": text, "url": url, "url_label": url_label, "level": level},
    )


@register.simple_tag
def stat(
    label: str,
    figure: Any,
    unit: str = "",
    change: Any = None,
    change_unit: str = "",
    note: str = "",
    url: str = "",
    good: str = "up",
    places: int = 2,
) -> SafeString:
    """A figure with its name; ``change`` against last time, coloured by ``good`` (up, down, none), or ready to show."""
    ready = change is None or isinstance(change, SafeString)
    shown = change if ready else figures.change_text(change, places, good)
    return _render(
        "stat",
        {
            "label": label,
            "figure": formats.DASH if figure is None else figure,
            "unit": unit,
            "change": shown,
            "change_unit": change_unit,
            "note": note,
            "url": url,
        },
    )


@register.simple_tag
def definitions(rows: Iterable[tuple[str, Any]]) -> SafeString:
    """A definition list of ``(label, value)``; an empty value shows as a dash."""
    shown = [(label, formats.DASH if value is None or value == "" else value) for label, value in rows]
    return _render("definitions", {"rows": shown})


@register.simple_tag
def guards(problems: Iterable[Any], title: str = "", level: int = 2) -> SafeString:
    """What still stands in the way, each with how to mend it (``message``, ``remedy``, ``url``, ``url_label``)."""
    return _render("guards", {"problems": list(problems), "title": title, "level": level})


@register.simple_tag
def steps(items: Iterable[Mapping[str, Any]], label: str = "") -> SafeString:
    """Stages in order: dicts with ``label``, ``state`` (done, current, todo), optional ``url``, ``note``."""
    return _render("steps", {"items": list(items), "label": label or _("Stages")})


@register.simple_tag
def meter(value: Any, low: float = 0, high: float = 100, label: str = "") -> SafeString:
    """A bar in a cell, beside its figure (the figure is what is read; the bar is decoration unless labelled)."""
    number, bottom, top = formats.exact(value), formats.exact(low), formats.exact(high)
    if number is None or bottom is None or top is None or top <= bottom:
        return SafeString("")
    filled = max(0.0, min(100.0, float((number - bottom) * 100 / (top - bottom))))
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="meter" viewBox="0 0 100 10" preserveAspectRatio="none" {}>'
        '<rect class="meter-track" width="100" height="10" rx="3"></rect>'
        '<rect class="meter-fill" width="{}" height="10" rx="3"></rect></svg>',
        role,
        f"{filled:.2f}",
    )


@register.simple_tag
def total(inputs: str, value: Any = None, target: Any = None, label: str = "", places: int = 2) -> SafeString:
    """A sum that follows the inputs matched by a CSS selector (js/totals.js); without it, ``value`` as last saved."""
    number, wanted = formats.exact(value), formats.exact(target)
    return _render(
        "total",
        {
            "inputs": inputs,
            "value": formats.points(value, places),
            "target": None if wanted is None else formats.points(target, places),
            "raw_target": "" if wanted is None else str(float(wanted)),
            "places": places,
            "label": label or _("Total"),
            "state": "" if wanted is None or number is None else ("ok" if number == wanted else "off"),
        },
    )


@register.simple_tag
def whisker(ends: Sequence[int] | None, value: int | None, count: int) -> SafeString:
    """A rank (stroke) and those it may have (line) among ``count``, the best on the left; decoration beside words."""
    if not ends or value is None or not count:
        return SafeString("")
    low, high, own = (f"{(rank - 0.5) * 100 / count:.1f}" for rank in (ends[0], ends[1], value))
    return format_html(
        '<svg class="whisker" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<line class="whisker-all" x1="0" y1="6" x2="100" y2="6"></line>'
        '<line class="whisker-range" x1="{}" y1="6" x2="{}" y2="6"></line>'
        '<line class="whisker-own" x1="{}" y1="1" x2="{}" y2="11"></line></svg>',
        low, high, own, own,
    )  # fmt: skip


# Blocks with content


@register.simple_block_tag
def page_header(content: str, title: str, lead: str = "", badge: str = "") -> SafeString:
    """The page's h1 with its lead sentence; the content are the page's actions."""
    return _render(
        "page_header", {"title": title, "lead": lead, "badge": badge, "actions": SafeString(content.strip())}
    )


@register.simple_block_tag
def card(content: str, title: str = "", actions: str = "", level: int = 2, id: str = "") -> SafeString:  # noqa: A002
    """A box with a heading."""
    return _render("card", {"title": title, "actions": actions, "level": level, "id": id, "content": content})


@register.simple_block_tag
def notice(content: str, kind: str = "info", title: str = "") -> SafeString:
    """Something to know, in its place on the page. Raises KeyError for an unknown kind."""
    return _render("notice", {"kind": kind, "icon": NOTICE_ICONS[kind], "title": title, "content": content})


# Lists and forms


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The present query string with changes; None takes a parameter away. Starts with "?"."""
    values = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    return "?" + values.urlencode()


@register.simple_tag(takes_context=True)
def sort_link(context: Context, field: str, label: str, param: str = "sort") -> SafeString:
    """A column heading that sorts: ``?sort=field``, a second time ``?sort=-field``."""
    current = context["request"].GET.get(param, "")
    direction = {field: "ascending", f"-{field}": "descending"}.get(current, "")
    target = query(context, **{param: f"-{field}" if direction == "ascending" else field, "page": None})
    return _render("sort_link", {"label": label, "url": target, "direction": direction})


@register.simple_tag(takes_context=True)
def filter_bar(context: Context, form: Any, count: int | None = None, search: str = "q") -> SafeString:
    """A GET form of search and filters with a way to clear them; ``count``: how many were found."""
    request = context["request"]
    names = {field.html_name for field in form}
    return _render(
        "filter_bar",
        {
            "form": form,
            "search": form[search] if search in form.fields else None,
            "fields": [field for field in form.visible_fields() if field.name != search],
            "count": count,
            "is_filtered": any(request.GET.get(name) for name in names),
            "path": request.path,
            "kept": [(key, value) for key, value in request.GET.items() if key == "sort" and key not in names],
        },
    )


@register.simple_tag(takes_context=True)
def paginator(context: Context, page: Page, param: str = "page", label: str = "") -> SafeString:
    """Links to the other pages, with the rest of the query string kept; ``label`` tells two of them on a page apart."""
    elided = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    pages = [(number, query(context, **{param: number}) if isinstance(number, int) else "") for number in elided]
    ends = {
        "before": query(context, **{param: page.previous_page_number()}) if page.has_previous() else "",
        "after": query(context, **{param: page.next_page_number()}) if page.has_next() else "",
    }
    return _render("paginator", {"page": page, "pages": pages, "label": label, **ends})


@register.filter
def form_control(field: BoundField) -> SafeString:
    """A form field's widget in the site's dress, for forms that are laid out by hand."""
    dress = "form-select" if isinstance(field.field.widget, forms.Select) else "form-control"
    if isinstance(field.field.widget, forms.CheckboxInput):
        dress = "form-check-input d-block"
    own = field.field.widget.attrs.get("class", "")
    invalid = " is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": f"{dress} {own}{invalid}".strip()})


@register.simple_tag
def form_errors(form: Any) -> SafeString:
    """A summary of a form's errors with links to its fields; nothing where there are none."""
    return render_to_string("bootstrap5/errors.html", {"form": form})


@register.simple_tag(takes_context=True)
def job_progress(context: Context, job: Job) -> SafeString:
    """Where a job stands, kept up to date; needs the request for the cancel form."""
    return render_to_string(
        "components/job_progress.html", {"job": job, "title": jobs.title_of(job)}, request=context.get("request")
    )


@register.filter
def job_kind(job: Job) -> str:
    """The badge kind of a job's state."""
    return JOB_KINDS[JobState(job.state)]


@register.simple_tag
def chart(identity: str, spec: dict[str, Any], size: str = "m", level: int = 3) -> SafeString:
    """A chart with its data table; drawn by js/charts.js, a table without it. ``size``: s, m, l."""
    return _render(
        "chart",
        {
            "id": identity,
            "spec": spec,
            "payload": charts.payload(spec),
            "table": charts.table(spec),
            "size": size,
            "level": level,
        },
    )
