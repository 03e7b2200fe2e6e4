"""A register of a million people: its list, its searches and the strata, against a trivial page of the same site."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np
from django.db import connection, transaction
from django.urls import reverse

from config.bench.measure import Line, percentile
from config.bench.pages import TRIVIAL, serving, session_of, times
from config.demo import people
from config.demo.departments import all_departments
from evaluators.models import Evaluator, EvaluatorCount, EvaluatorStatus, Stratum, Unit
from evaluators.search_words import seal
from evaluators.services.bulk import NewEvaluator, NewUnit, add_evaluators, add_units

PEOPLE = 1_000_000
_REGISTERED = 60_000  # of the demo city at scale 1
_LIST_AIM, _SEARCH_AIM = 10, 15


def fill(wanted: int = PEOPLE) -> None:
    """Add people like the demo city's until there are so many; one in fifty of them has moved away."""
    wanted -= Evaluator.objects.count()
    if wanted <= 0:
        return
    generator = np.random.default_rng(11)
    strata = dict(Stratum.objects.values_list("code", "pk"))
    scale = wanted / _REGISTERED
    units = people.units(generator, scale)
    departments = all_departments()
    with transaction.atomic():
        keys = add_units(
            NewUnit(_code(one.code), one.name, one.district, one.industry, strata[one.stratum]) for one in units
        )
        add_evaluators(
            NewEvaluator(
                code=_code(one.code),
                name=one.name,
                stratum_id=strata[one.stratum],
                unit_id=keys.get(_code(one.unit)),
                district=one.district,
                industry=one.industry,
                phone=one.phone,
                email=one.email,
                status=EvaluatorStatus.MOVED if number % 50 == 0 else EvaluatorStatus.ACTIVE,
                proposed_by=one.proposed_by,
            )
            for number, one in enumerate(people.people(generator, units, departments, scale))
        )
    with connection.cursor() as cursor:
        for model in (Evaluator, Unit, EvaluatorCount):
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def _code(code: str) -> str:
    """A code beside the demo city's own."""
    return f"R{code}"


def pages() -> list[tuple[str, str, int]]:
    """What is looked at: name, address, how many times the trivial page it may take."""
    register = reverse("evaluators:evaluator-list")
    last = Evaluator.objects.select_related("unit", "stratum").exclude(unit=None).order_by("-code")[0]
    middle = Evaluator.objects.order_by("code").values_list("pk", flat=True)[PEOPLE // 2]
    rare = Evaluator.objects.filter(status=EvaluatorStatus.MOVED).order_by("-code")[0]
    unit = last.unit
    assert unit is not None  # noqa: S101 -- for the type checker

    def listed(**wanted: object) -> str:
        return f"{register}?{urlencode(wanted)}"

    return [
        ("list", register, _LIST_AIM),
        ("list, from the middle on", listed(after=middle), _LIST_AIM),
        ("list, one stratum", listed(stratum=last.stratum.pk), _LIST_AIM),
        ("list, one district", listed(district=last.district), _LIST_AIM),
        ("list, one status", listed(status=rare.status), _LIST_AIM),
        ("strata", reverse("evaluators:stratum-list"), _LIST_AIM),
        ("units", reverse("evaluators:unit-list"), _LIST_AIM),
        ("search: name", listed(words=seal(last.name)), _SEARCH_AIM),
        ("search: surname alone", listed(words=seal(last.name[:1])), _SEARCH_AIM),
        ("search: surname in a stratum", listed(words=seal(last.name[:1]), stratum=last.stratum.pk), _SEARCH_AIM),
        ("search: last four digits", listed(words=seal("4711")), _SEARCH_AIM),
        ("search: mobile number", listed(words=seal("13000654321")), _SEARCH_AIM),
        ("search: name of a unit", listed(words=seal(unit.name)), _SEARCH_AIM),
        ("search: part of many units' names", listed(words=seal(unit.name[:3])), _SEARCH_AIM),
        ("search: people of a unit", listed(unit=unit.pk), _SEARCH_AIM),
        ("search: name in a district", listed(words=seal(last.name), district=last.district), _SEARCH_AIM),
        ("search: nobody of this name", listed(words=seal("没有这个人")), _SEARCH_AIM),
        ("search: no such number", listed(words=seal("19999999999")), _SEARCH_AIM),
        ("search: no such district", listed(district="没有这个区"), _SEARCH_AIM),
        ("person", reverse("evaluators:evaluator-detail", args=[last.pk]), _LIST_AIM),
    ]


def measure() -> Iterator[Line]:
    """Each page through a real server process: the median, since the aims are of a machine that does nothing else."""
    fill()
    people_now = f"{Evaluator.objects.count():,} people"
    cookie = session_of("gongwei")
    with serving() as port:
        for name, path, aim in pages():
            # Beside each page: what else the machine does at that moment slows down both.
            before = percentile(times(port, TRIVIAL, ""), 0.5)
            taken = percentile(times(port, path, cookie), 0.5)
            trivial = (before + percentile(times(port, TRIVIAL, ""), 0.5)) / 2
            yield Line(f"{people_now}, {name}", taken, "ms", trivial, "trivial page", aim)
