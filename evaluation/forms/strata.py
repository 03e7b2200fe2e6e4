"""Strata with their quotas, and their weights in the department groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from departments.models import DepartmentGroup
from evaluation.definition import GroupWeights, StratumPlan
from evaluation.forms.fields import CountField, ExactField, shown, typed_sum
from evaluation.forms.sections import SectionForm
from evaluation.quota_basis import Basis, basis_of, drawn_before, is_outdated
from evaluation.quota_figures import Figures
from evaluation.quota_words import CELL_NAMES, METHOD_NAMES, told
from evaluation.quotas.suggestions import METHODS
from evaluation.wording import label_of
from evaluators.models import Stratum


class StratumFields(forms.Form):
    """One stratum's plan."""

    takes_part = forms.BooleanField(label=_("Takes part"), required=False)
    mode = forms.ChoiceField(label=_("Way of choosing"), choices=[("random", _("At random")), ("all", _("Everybody"))])
    quota = CountField(label=_("Quota"), total="quota")
    reserve = CountField(label=_("Reserve"), total="reserve")
    drawn_by = forms.ChoiceField(label=_("Drawn are"), choices=[("person", _("People")), ("unit", _("Units"))])
    ballots_per_unit = CountField(label=_("Ballots per unit"), min_value=1)
    max_per_unit = CountField(label=_("At most per unit"), min_value=1, required=False)
    cell_by = forms.ChoiceField(label=_("Spread over"), choices=list(CELL_NAMES.items()), required=False)
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


#: Fields of a stratum that stand in the table; the others unfold below it.
IN_TABLE = ("takes_part", "mode", "quota", "reserve", "max_per_unit", "min_per_cell")


class TotalFields(forms.Form):
    """How many ballots the suggestions share out."""

    plan_total = CountField(label=_("Ballots to share out"), required=False)


class StrataForm(SectionForm):
    """All strata of the register, those of the round first: the one place where a quota is typed.

    ``take`` (a method of ``quotas.suggestions``) puts its quotas into what was typed, and shows it; nothing is saved.
    """

    template = "evaluation/sections/strata.html"
    shows_only = ("add_up", "take")

    def build(self) -> None:
        self.plans = {plan.code: plan for plan in self.configuration.strata}
        for stratum in Stratum.objects.filter(is_active=True).exclude(code__in=self.plans):
            self.plans[stratum.code] = StratumPlan(stratum.code, stratum.name, stratum.name_en)
        self.chosen = {plan.code for plan in self.configuration.strata}
        self._fill()
        self.taken = ""
        method = self.data.get("take", "") if self.data else ""
        if method in METHODS and self.figures is not None:
            self._take(method)

    def _fill(self) -> None:
        self.rows = {
            code: StratumFields(self.data, prefix=f"s-{code}", initial=self._initial(plan))
            for code, plan in self.plans.items()
        }
        for code, form in self.rows.items():
            for name in IN_TABLE:  # their labels are the heads of the columns
                form.fields[name].widget.attrs["aria-label"] = (
                    f"{form.fields[name].label}: {label_of(self.plans[code])}"
                )
        self.total = TotalFields(self.data)
        self.forms = [*self.rows.values(), self.total]
        self.__dict__.pop("figures", None)

    def _take(self, method: str) -> None:
        """Put the quotas of a suggestion in place of those typed; the ballots to share out stay what they were."""
        figures = self.figures
        chosen = next((one for one in figures.proposals if one.method == method), None) if figures else None
        if figures is None or chosen is None:
            return
        self.data = self.data.copy()
        self.data["plan_total"] = str(figures.total)
        for code, quota in chosen.quotas.items():
            self.data[f"s-{code}-quota"] = str(quota)
        self.taken = method
        self._fill()

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

    # Figures

    @cached_property
    def basis(self) -> Basis:
        """What the figures rest on."""
        return basis_of(self.round)

    @cached_property
    def figures(self) -> Figures | None:
        """What the plans as typed (or saved) promise; None while something typed is no number or no choice."""
        total = None
        if self.data is None:
            plans = [plan for code, plan in self.plans.items() if code in self.chosen]
        elif self.is_valid():
            plans = [self._plan(code, form) for code, form in self.rows.items() if form.cleaned_data["takes_part"]]
            total = self.total.cleaned_data["plan_total"]
        else:
            return None
        return Figures(self.round, replace(self.configuration, strata=tuple(plans)), self.basis, total)

    def context(self) -> dict[str, Any]:
        figures = self.figures
        known = {row.plan.code: row for row in figures.strata} if figures else {}
        before = drawn_before(self.round.year)
        rows = [
            {
                "code": code,
                "number": number,
                "label": label_of(self.plans[code]),
                "form": form,
                "active": self.basis.population(code, str(form["drawn_by"].value())).active,
                "before": before.get(code, []),
                "figures": known.get(code),
                "troubles": told(known[code]) if code in known else [],
                "fields": {name: form[name] for name in IN_TABLE},
                "more": [field for field in form if field.name not in IN_TABLE],
                "is_wrong": any(field.errors for field in form if field.name not in IN_TABLE),
            }
            for number, (code, form) in enumerate(self.rows.items(), start=1)
        ]
        taking_part = [form for form in self.rows.values() if form["takes_part"].value()]
        return {
            "rows": rows,
            "figures": figures,
            "basis": self.basis,
            "outdated": self.basis.stored is not None and is_outdated(self.basis.stored),
            "total_field": self.total["plan_total"],
            "taken": METHOD_NAMES.get(self.taken, ""),
            "suggestions": _suggestion_rows(figures, self.plans) if figures else None,
            "register_total": sum(row["active"] for row in rows),
            "quota_total": typed_sum(form["quota"] for form in taking_part),
            "reserve_total": typed_sum(form["reserve"] for form in taking_part),
        }


def _suggestion_rows(figures: Figures, plans: dict[str, StratumPlan]) -> dict[str, Any] | None:
    """The suggestions side by side: a column a method, a row a stratum."""
    if not figures.proposals:
        return None
    return {
        "columns": [(one, METHOD_NAMES[one.method]) for one in figures.proposals],
        "rows": [
            (label_of(plans[plan.code]), plan.quota, [one.quotas[plan.code] for one in figures.proposals])
            for plan in figures.shared
        ],
        "sums": [sum(one.quotas.values()) for one in figures.proposals],
        "current": sum(plan.quota for plan in figures.shared),
        "current_mean": _mean(figures),
    }


def _mean(figures: Figures) -> float | None:
    margins = [margin for group in figures.groups for _name, margin in group.departments]
    return sum(margins) / len(margins) if margins else None


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
