"""Strata with their quotas, and their weights in the department groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from departments.models import DepartmentGroup
from evaluation.definition import GroupWeights, StratumPlan
from evaluation.definition.parts import CELL_KEYS
from evaluation.forms.fields import CountField, ExactField, shown, typed_sum
from evaluation.forms.sections import SectionForm
from evaluation.selectors import register_sizes
from evaluation.wording import label_of
from evaluators.draw.chances import margin_of_error
from evaluators.models import Stratum

_CELLS = {
    ",".join(CELL_KEYS): _("District and industry"),
    "district": _("District"),
    "industry": _("Industry"),
    "": _("Not spread"),
}


class StratumFields(forms.Form):
    """One stratum's plan."""

    takes_part = forms.BooleanField(label=_("Takes part"), required=False)
    mode = forms.ChoiceField(label=_("Way of choosing"), choices=[("random", _("At random")), ("all", _("Everybody"))])
    quota = CountField(label=_("Quota"), total="quota")
    reserve = CountField(label=_("Reserve"), total="reserve")
    drawn_by = forms.ChoiceField(label=_("Drawn are"), choices=[("person", _("People")), ("unit", _("Units"))])
    ballots_per_unit = CountField(label=_("Ballots per unit"), min_value=1)
    max_per_unit = CountField(label=_("At most per unit"), min_value=1, required=False, help_text=_("Empty: no cap."))
    cell_by = forms.ChoiceField(label=_("Spread over"), choices=list(_CELLS.items()), required=False)
    min_per_cell = forms.TypedChoiceField(
        label=_("Seats each cell gets first"), coerce=int, choices=[(0, _("None")), (1, _("One"))]
    )
    rotation_rounds = CountField(
        label=_("Rounds of rest after being drawn"), max_value=50, help_text=_("0: anybody can be drawn every time.")
    )
    recusal = forms.ChoiceField(
        label=_("Who works for a department"),
        choices=[
            ("department", _("does not judge that department")),
            ("group", _("does not judge its group")),
            ("round", _("is not drawn")),
            ("none", _("judges it too")),
        ],
    )
    design_effect = ExactField(
        label=_("Design effect"), help_text=_("Multiplies the variance; above 1 where units are drawn.")
    )


class StrataForm(SectionForm):
    """All strata of the register, those of the round first."""

    template = "evaluation/sections/strata.html"

    def build(self) -> None:
        self.plans = {plan.code: plan for plan in self.configuration.strata}
        for stratum in Stratum.objects.filter(is_active=True).exclude(code__in=self.plans):
            self.plans[stratum.code] = StratumPlan(stratum.code, stratum.name, stratum.name_en)
        self.chosen = {plan.code for plan in self.configuration.strata}
        self.rows = {
            code: StratumFields(self.data, prefix=f"s-{code}", initial=self._initial(plan))
            for code, plan in self.plans.items()
        }
        self.forms = list(self.rows.values())

    def _initial(self, plan: StratumPlan) -> dict[str, Any]:
        return {
            **plan.to_dict(),
            "takes_part": plan.code in self.chosen,
            "cell_by": ",".join(plan.cell_by),
        }

    def changes(self) -> dict[str, Any]:
        strata = [self._plan(code, form) for code, form in self.rows.items() if form.cleaned_data["takes_part"]]
        codes = {plan.code for plan in strata}
        # A stratum that is left out takes its weights with it; the totals then say what is missing.
        groups = [
            replace(group, weights={code: weight for code, weight in group.weights.items() if code in codes})
            for group in self.configuration.groups
        ]
        return {"strata": [plan.to_dict() for plan in strata], "groups": [group.to_dict() for group in groups]}

    def _plan(self, code: str, form: StratumFields) -> StratumPlan:
        typed = form.cleaned_data
        return replace(
            self.plans[code],
            design_effect=typed["design_effect"],
            mode=typed["mode"],
            drawn_by=typed["drawn_by"],
            ballots_per_unit=typed["ballots_per_unit"],
            quota=typed["quota"],
            reserve=typed["reserve"],
            max_per_unit=typed["max_per_unit"],
            min_per_cell=typed["min_per_cell"],
            cell_by=tuple(key for key in typed["cell_by"].split(",") if key),
            rotation_rounds=typed["rotation_rounds"],
            recusal=typed["recusal"],
        )

    def context(self) -> dict[str, Any]:
        everything = replace(self.configuration, strata=tuple(self.plans.values()))
        sizes = register_sizes(everything)
        rows = [
            {
                "code": code,
                "label": label_of(self.plans[code]),
                "size": sizes.get(code, 0),
                "margin": _margin(self.plans[code], sizes.get(code, 0)) if code in self.chosen else None,
                "form": form,
            }
            for code, form in self.rows.items()
        ]
        taking_part = [form for form in self.rows.values() if form["takes_part"].value()]
        return {
            "rows": rows,
            "register_total": sum(sizes.values()),
            "quota_total": typed_sum(form["quota"] for form in taking_part),
            "reserve_total": typed_sum(form["reserve"] for form in taking_part),
        }


def _margin(plan: StratumPlan, size: int) -> float | None:
    """Half the 95 % interval of a rate in a stratum if everybody answers, in percentage points."""
    sample = size if plan.mode == "all" else min(plan.quota, size)
    margin = margin_of_error(sample, size) if size else None
    return None if margin is None else 100 * margin


class WeightsForm(SectionForm):
    """A row per department group, a column per stratum; each row adds up to 100."""

    template = "evaluation/sections/weights.html"

    def build(self) -> None:
        self.groups = {group.code: group for group in self.configuration.groups}
        for absent in DepartmentGroup.objects.exclude(code__in=self.groups):
            self.groups[absent.code] = GroupWeights(absent.code, absent.name, {}, absent.name_en)
        weighed = {group.code for group in self.configuration.groups}
        strata = [plan.code for plan in self.configuration.strata]
        fields: dict[str, forms.Field] = {}
        initial: dict[str, Any] = {}
        for number, (code, group) in enumerate(self.groups.items()):
            fields[self.switch(code)] = forms.BooleanField(label=_("Takes part"), required=False)
            initial[self.switch(code)] = code in weighed
            for stratum in strata:
                fields[self.cell(code, stratum)] = ExactField(label=stratum, total=f"row{number}", min_value=0)
                initial[self.cell(code, stratum)] = shown(group.weights[stratum]) if stratum in group.weights else ""
        form_class = type("WeightFields", (forms.Form,), fields)
        self.form: forms.Form = form_class(self.data, initial=initial)
        self.forms = [self.form]

    @staticmethod
    def switch(group: str) -> str:
        """The name of the field that says whether a group takes part."""
        return f"g:{group}"

    @staticmethod
    def cell(group: str, stratum: str) -> str:
        """The name of the field of one weight."""
        return f"w:{group}:{stratum}"

    def changes(self) -> dict[str, Any]:
        typed = self.form.cleaned_data
        groups = []
        for code, group in self.groups.items():
            if not typed[self.switch(code)]:
                continue
            weights = {
                plan.code: typed[self.cell(code, plan.code)]
                for plan in self.configuration.strata
                if typed[self.cell(code, plan.code)] is not None
            }
            groups.append(replace(group, weights=weights).to_dict())
        return {"groups": groups}

    def context(self) -> dict[str, Any]:
        return {"columns": [label_of(plan) for plan in self.configuration.strata], "rows": list(self._rows())}

    def _rows(self) -> Iterator[dict[str, Any]]:
        for number, (code, group) in enumerate(self.groups.items()):
            cells = [self.form[self.cell(code, plan.code)] for plan in self.configuration.strata]
            yield {
                "label": label_of(group),
                "switch": self.form[self.switch(code)],
                "cells": cells,
                "selector": f"[data-sum='row{number}']",
                "total": typed_sum(cells),
            }
