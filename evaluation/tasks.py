"""Celery tasks of the vote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evaluation import attempts
from evaluation.drawn import DrawnSearch
from evaluation.exclusions import PREVIEW_JOB, ExclusionSearch
from evaluation.models import LetterRun, Round
from evaluation.refusals import Refused
from evaluation.selectors import standing_snapshot, without_code
from evaluation.services import (
    closing,
    codes,
    counting,
    drawing,
    drawn_list,
    excluding,
    freezing,
    letters,
    nominating,
    packets,
    planning,
    register_changes,
    representing,
)
from evaluation.services.letters import LETTER_KIND
from evaluation.states import RoundState
from evaluators.models import Draw, Stratum
from evaluators.search_words import unseal
from foundation import jobs
from foundation.documents import FontsMissing
from foundation.jobs import JobRefused, Progress, job


def refusing(work: Callable[[], Any]) -> Any:
    """Run a service; its refusal becomes the job's."""
    try:
        return work()
    except Refused as refusal:
        raise JobRefused(refusal.line, refusal.code) from refusal


@job("evaluation.freeze", title=_("Freeze configuration and register"))
def freeze(progress: Progress, *, round_id: int, user_id: int, seed_source: str, chances_reason: str = "") -> dict:
    """Freeze a round; a run that finds the work of a killed one done says so."""
    evaluation = Round.objects.get(pk=round_id)
    actor = User.objects.get(pk=user_id)
    snapshot = standing_snapshot(evaluation.year) if evaluation.state == RoundState.CONFIGURED else None
    if snapshot is None or snapshot.seed_source != seed_source.strip():
        snapshot = refusing(
            lambda: freezing.freeze_register(
                actor=actor,
                round=evaluation,
                seed_source=seed_source,
                chances_reason=chances_reason,
                progress=progress,
            )
        )
    return {"snapshot": str(snapshot.pk), "snapshot_hash": snapshot.snapshot_hash, "plan_hash": snapshot.plan_hash}


@job("evaluation.draw", title=_("Draw the evaluators"))
def draw(progress: Progress, *, round_id: int, user_id: int, public_seed: str, witnesses: str) -> dict:
    """Draw for a round; a run that finds the draw of a killed one with the same seed says so."""
    evaluation = Round.objects.get(pk=round_id)
    actor = User.objects.get(pk=user_id)
    record = drawing.repeated(evaluation, public_seed)
    if record is None:
        record = refusing(
            lambda: drawing.draw_evaluators(
                actor=actor, round=evaluation, public_seed=public_seed, witnesses=witnesses, progress=progress
            )
        )
    _order_representation(record, actor)
    return {"draw": record.pk, "seed": record.seed, "strata": record.summary["strata"]}


def _order_representation(record: Draw, actor: User) -> None:
    """Right after the draw its report is made, before the register changes."""
    jobs.enqueue(
        representing.JOB,
        params={"draw_id": record.pk, "user_id": actor.pk},
        user=actor,
        permission="round.view",
        exclusive_key=f"{representing.JOB}:{record.pk}",
        done_url=reverse("evaluation:representation", args=(record.snapshot.year,)),
        back_url=reverse("evaluation:draw-detail", args=(record.snapshot.year,)),
    )


@job(representing.JOB, title=_("Compare the drawn with the register"))
def represent(progress: Progress, *, draw_id: int, user_id: int) -> dict:
    """Make the representativeness report of a draw; one that is there is kept."""
    record = Draw.objects.select_related("snapshot__registry_file", "result_file").get(pk=draw_id)
    actor = User.objects.get(pk=user_id)
    refusing(lambda: representing.make_representation(actor=actor, record=record, progress=progress))
    return {"draw": record.pk}


@job("evaluation.compare_register", title=_("Compare the register of now with the frozen one"))
def compare_register(progress: Progress, *, round_id: int, user_id: int) -> dict:
    """Say who of the frozen candidates the register no longer bears out, before anybody is drawn."""
    evaluation = Round.objects.get(pk=round_id)
    actor = User.objects.get(pk=user_id)
    found = refusing(lambda: register_changes.compare_register(actor=actor, round=evaluation, progress=progress))
    return {"vanished": len(found.vanished), "inactive": len(found.inactive), "moved": len(found.moved)}


@job("evaluation.verify_draw", title=_("Draw once more and compare"))
def verify_draw(progress: Progress, *, draw_id: int, user_id: int) -> dict:
    """Redo a draw from its stored files; ``same`` is the answer."""
    record = Draw.objects.select_related("snapshot", "result_file").get(pk=draw_id)
    actor = User.objects.get(pk=user_id)
    outcome = refusing(lambda: drawing.verify_draw(actor=actor, record=record, progress=progress))
    return {"same": outcome.same, "seed": outcome.seed, "places": outcome.places}


@job("evaluation.issue_codes", title=_("Produce ballot codes"))
def issue_codes(progress: Progress, *, round_id: int, user_id: int, base_url: str = "") -> dict:
    """Make codes for those who have none; a run that finds the list of a killed one names that list."""
    evaluation = Round.objects.get(pk=round_id)
    if not without_code(evaluation) and (lists := codes.code_lists(evaluation)):
        return {"count": 0, "file": str(lists[0].pk)}
    actor = User.objects.get(pk=user_id)
    issued = refusing(lambda: codes.issue_codes(actor=actor, round=evaluation, base_url=base_url, progress=progress))
    return {"count": issued.count, "file": str(issued.file.pk)}


@job("evaluation.count", title=_("Open the box"))
def count_round(progress: Progress, *, round_id: int, user_id: int) -> dict:
    """Open the box; a run that finds it opened by a killed one clears up, and reports what that one counted."""
    evaluation = Round.objects.get(pk=round_id)
    if counting.is_cleared(evaluation):
        return dict(evaluation.counting_report or {})
    actor = User.objects.get(pk=user_id)
    return refusing(lambda: counting.count_round(actor=actor, round=evaluation, progress=progress))


@job("evaluation.count_basis", title=_("Count the register for the quotas"))
def count_basis(progress: Progress, *, round_id: int, user_id: int) -> dict:
    """Count what the quotas of a draft are planned on."""
    evaluation = Round.objects.get(pk=round_id)
    actor = User.objects.get(pk=user_id)
    refusing(lambda: planning.count_basis(actor=actor, round=evaluation, progress=progress))
    return {}


@job("evaluation.trial_draws", title=_("Trial draws"))
def trial_draws(progress: Progress, *, round_id: int, user_id: int, trials: int) -> dict:
    """Draw many times with made-up seeds; each run adds one result."""
    evaluation = Round.objects.get(pk=round_id)
    actor = User.objects.get(pk=user_id)
    made = refusing(lambda: planning.run_trials(actor=actor, round=evaluation, trials=trials, progress=progress))
    return {"number": made.number}


@shared_task(name="evaluation.close_due_rounds")
def close_due_rounds() -> list[int]:
    """Close rounds whose time has passed, and forget old wrong codes; sent by beat every few seconds."""
    attempts.forget_old()
    return closing.close_due_rounds()


@job(drawn_list.LIST_KIND, title=_("Write the list of the drawn"))
def export_drawn(
    progress: Progress,
    *,
    round_id: int,
    user_id: int,
    words: str,
    stratum: int | None,
    district: str,
    with_contact: bool,
    reason: str,
) -> dict:
    """See ``evaluation.services.drawn_list.export_drawn``; ``words`` is sealed as in addresses."""
    search = DrawnSearch(unseal(words), Stratum.objects.get(pk=stratum) if stratum else None, district)
    stored = refusing(
        lambda: drawn_list.export_drawn(
            actor=User.objects.get(pk=user_id),
            round=Round.objects.get(pk=round_id),
            search=search,
            with_contact=with_contact,
            reason=reason,
            progress=progress,
        )
    )
    return {"file": str(stored.pk), "rows": stored.meta["rows"]}


@job(nominating.JOB, title=_("Count nominations"))
def count_nominations(progress: Progress, *, user_id: int) -> dict:
    """The register of now by stratum and nominating body; the page reads the last such job's result."""
    counted = nominating.count_register(actor=User.objects.get(pk=user_id))
    with transaction.atomic():
        progress.confirm()
    return {"strata": counted}


@shared_task(name="evaluation.erase_old_lists")
def erase_old_lists() -> int:
    """Erase lists of the drawn and of those left out after a week; sent by beat."""
    return drawn_list.erase_old_lists(drawn_list.LIST_KIND, excluding.LIST_KIND)


@job(excluding.LIST_KIND, title=_("Write the list of those left out"))
def export_exclusions(
    progress: Progress, *, round_id: int, user_id: int, words: str, stratum: int | None, reason: str
) -> dict:
    """See ``evaluation.services.excluding.export_exclusions``; ``words`` is sealed as in addresses."""
    evaluation = Round.objects.get(pk=round_id)
    snapshot = standing_snapshot(evaluation.year)
    if snapshot is None:
        raise JobRefused(str(_("There is no frozen register.")), "no_snapshot")
    search = ExclusionSearch(unseal(words), Stratum.objects.get(pk=stratum) if stratum else None, reason)
    actor = User.objects.get(pk=user_id)
    stored = refusing(
        lambda: excluding.export_exclusions(
            actor=actor, round=evaluation, snapshot=snapshot, search=search, progress=progress
        )
    )
    return {"file": str(stored.pk), "rows": stored.meta["rows"]}


@job(PREVIEW_JOB, title=_("Count who would be left out"))
def preview_exclusions(progress: Progress, *, round_id: int, user_id: int) -> dict:
    """See ``evaluation.services.excluding.preview_exclusions``."""
    evaluation, actor = Round.objects.get(pk=round_id), User.objects.get(pk=user_id)
    return refusing(lambda: excluding.preview_exclusions(actor=actor, round=evaluation, progress=progress))


@job(LETTER_KIND, title=_("Produce letters with ballot codes"))
def produce_letters(progress: Progress, *, run_id: int, user_id: int, base_url: str = "") -> dict:
    """See ``evaluation.services.letters.produce``; what a killed worker had finished stays as it is."""
    run = LetterRun.objects.get(pk=run_id)
    actor = User.objects.get(pk=user_id)
    try:
        made = refusing(lambda: letters.produce(actor=actor, run=run, base_url=base_url, progress=progress))
    except FontsMissing as error:
        raise JobRefused(str(error), "fonts_missing") from error
    return {"codes": made.codes, "files": made.files.count()}


@shared_task(name="evaluation.erase_old_letters")
def erase_old_letters() -> int:
    """Erase files with codes that nobody confirmed as printed; sent by beat."""
    return packets.erase_forgotten()
