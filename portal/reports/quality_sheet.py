"""The sheet on data quality: signs by stratum, and which ballots were left out of the score by decision, and why."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from foundation.tables.writing import Sheet, Value
from scoring.core.quality import FINDINGS
from scoring.models import Finding, ScoreRun
from scoring.quality_pages import excluded_lines, stratum_names
from scoring.selectors import quality_report_of


def quality_sheet(run: ScoreRun, heading: str) -> Sheet:
    """A row per stratum of the run; signs are texts where nobody looked or a number would tell an answer."""
    report = quality_report_of(run.round, run)
    found = {row["code"]: row["findings"] for row in report.content["strata"]} if report else {}
    names = stratum_names(run.round)
    reasons: dict[str, list[str]] = {}
    for stratum, sign, count, reason in excluded_lines(run):
        text = _("%(sign)s, %(count)s: %(reason)s") % {"sign": sign, "count": count, "reason": reason}
        reasons.setdefault(stratum, []).append(text)

    def shown(code: str, finding: str) -> Value:
        if code not in found:
            return _("not looked at")
        count: int | None = found[code][finding]
        return _("not shown") if count is None else count

    def rows() -> Iterator[list[Value]]:
        for row in run.summary["strata"]:
            label = names.get(row["code"], row["code"])
            yield [
                label,
                row["returned"],
                row["excluded"],
                *(shown(row["code"], finding) for finding in FINDINGS),
                pgettext("list of reasons", "; ").join(reasons.get(label, [])),
            ]

    return Sheet(
        name=_("Data quality"),
        title=f"{heading} — {_('Data quality')}",
        headers=[
            _("Stratum"),
            _("Returned"),
            _("Left out by decision"),
            *(str(Finding(finding).label) for finding in FINDINGS),
            _("Left out, and why"),
        ],
        rows=rows(),
        widths={7: 60},
    )
