"""Building the demo city through the same services as a real one; only past ballots go in unsealed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import console
from assessment.models import Assessment
from config.demo import canvassing, opinions, people, ratings, users
from config.demo.codes import code_of
from config.demo.departments import SECTORS, DemoDepartment, departments_at
from config.demo.packets import BALLOTS_A_UNIT, BY_UNIT, name_contacts, show_packets
from config.demo.plan import OPEN_YEAR, STRATA, YEARS, DemoYear, group_weights, spread
from config.demo.replacing import ask_for_one, replace_some
from departments.models import Department, DepartmentGroup, DepartmentYear, Sector
from evaluation.definition import Composite, RoundConfiguration, StratumPlan, WeightClass
from evaluation.models import Invitation, Round
from evaluation.selectors import ballot_definition_of, configuration_of
from evaluation.services import configure, create_round, draw_evaluators, freeze_register, open_round
from evaluation.services.codes import issue_codes
from evaluation.services.history import write_past_round
from evaluation.services.planning import count_basis, run_trials
from evaluation.services.representing import make_representation
from evaluation.services.submitting import Content, DemoReturn, submit_generated
from evaluators.models import DrawnPlace, Evaluator, Stratum, Unit
from evaluators.services.bulk import NewEvaluator, NewUnit, add_evaluators, add_units
from foundation import audit
from foundation.database import analyze
from scoring.services import make_quality_report, publish_round, release_public_bundle, score_round

Tell = Callable[[str], None]


@dataclass
class City:
    """What is being built, and how long each part took (seconds)."""

    seed: int
    scale: float
    tell: Tell
    actor: User = field(default_factory=console)
    departments: list[DemoDepartment] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def generator(self, *parts: int) -> np.random.Generator:
        """Randomness that depends on the seed and on what it is for, never on the order of the work."""
        return np.random.default_rng([self.seed, *parts])

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add what the block takes to the part's seconds."""
        start = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start

    def count(self, number: int) -> int:
        """A published number at this scale."""
        return max(1, round(number * self.scale))


@transaction.atomic
def build(*, seed: int, scale: float, tell: Tell) -> City:
    """Build the whole city in one transaction: there is all of it or nothing."""
    city = City(seed=seed, scale=scale, tell=tell)
    with city.timed("departments and registry"):
        _departments(city)
        _registry(city)
        analyze(Evaluator, Unit)  # all of it is one transaction: nobody else can see the rows to count them
    with city.timed("accounts"):
        users.create(city.departments)
    years = [*YEARS, OPEN_YEAR]
    quality = ratings.latent_quality(city.generator(1), tuple(year.year for year in years), len(city.departments))
    previous: Round | None = None
    for year in YEARS:
        previous = _past_round(city, year, quality.of(year.year), previous)
    _open_round(city, quality.of(OPEN_YEAR.year), previous)
    audit.record(actor=city.actor, action="demo.build", after={"seed": seed, "scale": scale})
    return city


def _departments(city: City) -> None:
    city.departments = departments_at(city.scale)
    groups = {group.code: group for group in DepartmentGroup.objects.all()}
    sectors = {
        code: Sector.objects.get_or_create(code=code, defaults={"name": name, "order": order})[0]
        for order, (code, name) in enumerate(SECTORS, start=1)
    }
    Department.objects.bulk_create(
        Department(code=row.code, full_name=row.full_name, short_name=row.short_name) for row in city.departments
    )
    stored = {row.code: row for row in Department.objects.all()}
    DepartmentYear.objects.bulk_create(
        DepartmentYear(department=stored[row.code], year=year.year, group=groups[row.group], sector=sectors[row.sector])
        for year in (*YEARS, OPEN_YEAR)
        for row in city.departments
    )
    city.tell(f"{len(city.departments)} departments")


def _registry(city: City) -> None:
    strata = dict(Stratum.objects.values_list("code", "pk"))
    employers = dict(Department.objects.values_list("code", "pk"))
    units = people.units(city.generator(2), city.scale)
    keys = add_units(
        NewUnit(unit.code, unit.name, unit.district, unit.industry, strata[unit.stratum]) for unit in units
    )
    count = add_evaluators(
        NewEvaluator(
            code=person.code,
            name=person.name,
            stratum_id=strata[person.stratum],
            unit_id=keys.get(person.unit),
            district=person.district,
            industry=person.industry,
            phone=person.phone,
            email=person.email,
            weight_class=person.weight_class,
            employer_id=employers.get(person.employer),
            proposed_by=person.proposed_by,
        )
        for person in people.people(city.generator(3), units, city.departments, city.scale)
    )
    name_contacts(strata[BY_UNIT])
    city.tell(f"{len(units)} units, {count} people")


def _quotas(city: City, year: DemoYear) -> dict[str, int]:
    caps = [people.register_size(stratum, city.scale) for stratum in STRATA]
    floors = [min(16, cap) for cap in caps]
    total = max(sum(floors), city.count(year.out))
    parts = spread(total, [stratum.quota_weight for stratum in STRATA], floors, caps)
    return {stratum.code: part for stratum, part in zip(STRATA, parts, strict=True)}


def _configure(city: City, round: Round, year: DemoYear) -> None:
    """The demo's rules: quotas of the year, weights by group, a class of its own, public 70 to assessment 30."""
    configuration = configuration_of(round)
    quotas = _quotas(city, year)
    sections: dict[str, RoundConfiguration] = {
        "strata": replace(configuration, strata=tuple(_stratum(plan, quotas, year) for plan in configuration.strata))
    }
    if round.copied_from_id is None:
        sections |= {
            "weights": replace(
                configuration,
                groups=tuple(replace(group, weights=group_weights(group.code)) for group in configuration.groups),
            ),
            "classes": replace(
                configuration,
                weight_classes=(
                    *configuration.weight_classes,
                    WeightClass(people.OUTER, people.OUTER, Decimal("1.2"), label_en="Outer counties"),
                ),
            ),
            "composite": replace(configuration, composite=Composite(Decimal(70), Decimal(30))),
        }
    for section, wanted in sections.items():
        after, before = wanted.to_dict(), configuration_of(round).to_dict()
        changes = {key: value for key, value in after.items() if before[key] != value}
        # Each section was derived from the same starting point: only its own keys may travel.
        own = {
            "strata": ("strata",),
            "weights": ("groups",),
            "classes": ("weight_classes",),
            "composite": ("composite",),
        }[section]
        changes = {key: value for key, value in changes.items() if key in own}
        if changes:
            configure(actor=city.actor, round=round, section=section, changes=changes, version=round.version)


def _stratum(plan: StratumPlan, quotas: dict[str, int], year: DemoYear) -> StratumPlan:
    quota = quotas[plan.code]
    if plan.code == BY_UNIT and year is OPEN_YEAR:
        units = -(-quota // BALLOTS_A_UNIT)
        plan = replace(plan, drawn_by="unit", ballots_per_unit=BALLOTS_A_UNIT)
        return replace(plan, quota=units, reserve=max(2, units // 10), cell_by=("district",), recusal="department")
    by = ("district",) if plan.code not in {"leaders", "npc", "cppcc", "party", "media"} else ()
    return replace(plan, quota=quota, reserve=max(2, quota // 10), cell_by=by, recusal="department")


def _drawn_round(city: City, year: DemoYear, previous: Round | None, opens: datetime, closes: datetime) -> Round:
    with city.timed("configuration"):
        round = create_round(
            actor=city.actor,
            year=year.year,
            title=f"{year.year} 年度万人评议机关",
            theme=year.theme,
            opens_at=opens,
            closes_at=closes,
            copy_from=previous,
            is_demo=True,
        )
        _configure(city, round, year)
    if year == OPEN_YEAR:
        with city.timed("trial draws"):
            count_basis(actor=city.actor, round=round)
            run_trials(actor=city.actor, round=round)
    with city.timed("freezing"):
        freeze_register(
            actor=city.actor,
            round=round,
            seed_source=f"示范市公证处现场掷骰 {year.year}",
            chances_reason="示范数据：各层面按区县分配名额，小单元取整所致",
        )
    with city.timed("draw"):
        dice = city.generator(4, year.year).integers(0, 10, 24)
        seed = " ".join("".join(map(str, dice[at : at + 6])) for at in range(0, 24, 6))
        record = draw_evaluators(actor=city.actor, round=round, public_seed=seed, witnesses="示范市公证处 甲、乙")
        analyze(Invitation, DrawnPlace)
    with city.timed("representativeness"):
        make_representation(actor=city.actor, record=record)
    return round


@dataclass
class _Generated:
    """Ballots for the invitations that came back: position by position."""

    invitations: list[Invitation]
    answers: np.ndarray
    opinions: dict[int, dict[str, str]]


def _generate(city: City, year: DemoYear, quality: np.ndarray, round: Round, back: int) -> _Generated:
    """Choose who returned and what they answered, in the columns of the round's frozen ballot."""
    ballot = ballot_definition_of(round)
    by_code = {row.code: row for row in city.departments}
    ordered = [by_code[entry.code] for entry in ballot.departments]
    position = {row.code: at for at, row in enumerate(city.departments)}
    serving = round.invitations.filter(replaced_on=None)
    invited = list(serving.select_related("stratum").order_by("pk").defer("envelope", "draft"))
    generator = city.generator(5, year.year)
    returned = _returning(invited, back)
    stratum_of = {stratum.code: at for at, stratum in enumerate(STRATA)}
    configuration = configuration_of(round)
    weight = {entry.code: float(entry.weight or 1) for entry in configuration.weight_classes}
    answers = ratings.generate(
        generator,
        year=year,
        quality=quality[[position[row.code] for row in ordered]],
        department_groups=[row.group for row in ordered],
        raters=np.array([stratum_of[row.stratum.code] for row in returned]),
        rater_weights=np.array([weight[row.weight_class] for row in returned]),
        weights={group.code: dict(group.weights) for group in configuration.groups},
    )
    column = {row.code: at for at, row in enumerate(ordered)}
    for at, row in enumerate(returned):
        for code in row.recused:
            answers[at, column[code]] = 0
    written = _opinions(city, year, ordered, answers, generator, round.year == OPEN_YEAR.year)
    return _Generated(returned, answers, written)


def _returning(invited: list[Invitation], back: int) -> list[Invitation]:
    """Who came back: every stratum at about the same rate, never fewer than report.

    How many of each stratum and weight class come back depends on counts alone, and people with departments they may
    not judge come last: the ballots of a seed are the same whoever the draw (with its deployment's key) has chosen.
    """
    groups: dict[tuple[int, str], list[Invitation]] = {}
    for row in sorted(invited, key=lambda row: (row.stratum.order, row.weight_class, bool(row.recused), row.pk)):
        groups.setdefault((row.stratum_id, row.weight_class), []).append(row)
    sizes = [len(members) for members in groups.values()]
    floors = [min(12, size) for size in sizes]
    back = min(len(invited), max(back, sum(floors)))
    parts = spread(back, [float(size) for size in sizes], floors, sizes)
    return [row for members, part in zip(groups.values(), parts, strict=True) for row in members[:part]]


def _opinions(
    city: City,
    year: DemoYear,
    ordered: list[DemoDepartment],
    answers: np.ndarray,
    generator: np.random.Generator,
    one_a_ballot: bool,
) -> dict[int, dict[str, str]]:
    """Opinions by ballot and department code; a third of the writers are dissatisfied, who write most readily."""
    wanted = min(city.count(year.opinions), int((answers > 0).sum()))
    appetite = np.array([0.0, 1.0, 2.0, 25.0, 0.05])[answers].ravel()
    picks = generator.choice(appetite.size, size=wanted, replace=False, p=appetite / appetite.sum())
    rows, columns = np.divmod(picks, answers.shape[1])
    texts = opinions.write(generator, ordered, columns, answers[rows, columns])
    written: dict[int, dict[str, str]] = {}
    for row, column, text in zip(rows.tolist(), columns.tolist(), texts, strict=True):
        written.setdefault(row, {})[ordered[column].code] = text
    return written


def _past_round(city: City, year: DemoYear, quality: np.ndarray, previous: Round | None) -> Round:
    zone = timezone.get_default_timezone()
    opens = datetime(year.year, 11, 5, 8, tzinfo=zone)
    round = _drawn_round(city, year, previous, opens, opens + timedelta(days=25))
    with city.timed("generating ballots"):
        made = _generate(city, year, quality, round, city.count(year.back))
        days = np.minimum(city.generator(6, year.year).exponential(6, len(made.invitations)).astype(int), 24)
    with city.timed("writing ballots"):
        start = opens.date()
        write_past_round(
            actor=city.actor,
            round=round,
            returned={row.pk: start + timedelta(days=int(days[at])) for at, row in enumerate(made.invitations)},
            ballots=(
                (row.stratum_id, row.weight_class, made.answers[at].tobytes())
                for at, row in enumerate(made.invitations)
            ),
            opinions=[pair for texts in made.opinions.values() for pair in texts.items()],
        )
    with city.timed("assessment"):
        _assess(city, year)
    with city.timed("scoring"):
        run = score_round(actor=city.actor, round=round)
    with city.timed("data quality"):
        make_quality_report(actor=city.actor, round=round)
    with city.timed("publishing"):
        publish_round(actor=city.actor, round=round)
        release_public_bundle(actor=city.actor, round=round, readers="results.view", confirmed=True)
    rates = run.summary["city"]
    city.tell(
        f"{year.year}: {round.invitations.count()} out, {len(made.invitations)} back, "
        f"{rates['satisfaction']} % / {rates['dissatisfaction']} %"
    )
    return round


def _open_round(city: City, quality: np.ndarray, previous: Round | None) -> None:
    """The round under way: opened five days ago, a third of its ballots in, each sealed like any other."""
    now = timezone.now()
    round = _drawn_round(city, OPEN_YEAR, previous, now - timedelta(days=5), now + timedelta(days=25))
    with city.timed("replacements"):
        replace_some(round, city.actor, User.objects.get(username="gongwei"))
    with city.timed("codes"):
        issue_codes(actor=city.actor, round=round, code_source=lambda at: code_of(city.seed, at))
        open_round(actor=city.actor, round=round)
    with city.timed("generating ballots"):
        made = _generate(city, OPEN_YEAR, quality, round, city.count(OPEN_YEAR.back))
    with city.timed("sealing ballots"):
        days = city.generator(6, OPEN_YEAR.year).integers(0, 5, len(made.invitations))
        today: date = timezone.localdate(now)
        submit_generated(
            round=round,
            returns=(
                DemoReturn(
                    row,
                    Content(made.answers[at].tobytes(), made.opinions.get(at, {})),
                    today - timedelta(days=int(days[at])),
                )
                for at, row in enumerate(made.invitations)
            ),
        )
    ask_for_one(round, city.actor)
    show_packets(round, city.seed, User.objects.get(username="fuhe"))
    with city.timed("assessment"):
        _assess(city, OPEN_YEAR)
        canvassing.create(city.departments, OPEN_YEAR.year, city.seed)
    city.tell(f"{OPEN_YEAR.year}: open, {len(made.invitations)} of {round.invitations.count()} ballots in")


def _assess(city: City, year: DemoYear) -> None:
    """Assessment scores of the lead units, with a bonus, a deduction, a problem and now and then a veto."""
    generator = city.generator(7, year.year)
    stored = {row.code: row for row in Department.objects.all()}
    rows: list[dict[str, Any]] = [
        {"score": Decimal(int(value)) / 100}
        for value in np.clip(generator.normal(9_000, 350, len(city.departments)), 7_000, 10_000)
    ]
    picks = generator.permutation(len(rows))
    for at in picks[: max(1, len(rows) // 14)]:
        rows[at]["bonus"] = Decimal(int(generator.integers(1, 5))) / 4
    for at in picks[-max(1, len(rows) // 14) :]:
        rows[at]["deduction"] = Decimal(int(generator.integers(1, 5))) / 4
    rows[picks[len(rows) // 2]]["problem"] = "群众反映窗口服务问题突出"
    if year.year % 3 == 0:
        rows[picks[len(rows) // 3]]["veto"] = "发生责任事故"
    Assessment.objects.bulk_create(
        Assessment(department=stored[department.code], year=year.year, **values)
        for department, values in zip(city.departments, rows, strict=True)
    )
