"""Packets: two persons, codes nowhere but in the letters, spoiled slips by code, and counts alone for who hands out."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant, User
from accounts.services import console
from evaluation.admission import Standing, find, was_replaced
from evaluation.ballot_code import BallotCode
from evaluation.models import Invitation, LetterKind, LetterRun
from evaluation.refusals import Refused
from evaluation.services import letters, packets
from evaluation.services.packets import Part
from evaluators.models import Unit
from foundation import files
from foundation.models import AuditEntry
from tests.ballot.world import World, build
from tests.somebody import somebody

BASE = "https://pingyi.example"


@pytest.fixture
def real(db: Any) -> World:
    """4 deputies, 4 residents and a firm with 5 codes, drawn, nobody with a code."""
    return build(is_demo=False, state="drawn", unit_codes=5)


def clerks() -> tuple[User, User]:
    return somebody("committee", "甲"), somebody("committee", "乙")


def made(world: World, kind: str = LetterKind.PACKETS, **options: Any) -> LetterRun:
    """A batch asked for, released and produced by two clerks."""
    first = User.objects.filter(username="甲").first()
    one, two = (first, User.objects.get(username="乙")) if first else clerks()
    run = packets.ask(actor=one, round=world.round, kind=kind, **options)
    packets.release(actor=two, run=run)
    return letters.produce(actor=two, run=run, base_url=BASE)


def text_of(run: LetterRun, folder: Path) -> str:
    pages = []
    for each in run.files.all():
        (folder / "it.pdf").write_bytes(files.read(each.file))
        done = subprocess.run(["pdftotext", "-layout", "it.pdf", "-"], cwd=folder, capture_output=True, check=True)
        pages.append(done.stdout.decode())
    return "".join(pages)


def codes_in(text: str) -> list[BallotCode]:
    return [BallotCode.read(found) for found in re.findall(r"\b(?:[0-9A-Z]{4}-){4}[0-9A-Z*~$=]", text)]


class TestTwoPersons:
    def test_who_asked_cannot_release_nor_can_the_command_line(self, real: World) -> None:
        one, _two = clerks()
        run = packets.ask(actor=one, round=real.round, kind=LetterKind.PACKETS)
        for actor in (one, console()):
            with pytest.raises(Refused) as refusal:
                packets.release(actor=actor, run=run)
            assert refusal.value.code == "two_persons"
        assert not Invitation.objects.exclude(code_hash=None).exists()

    def test_the_database_refuses_one_person_too(self, real: World) -> None:
        one, _two = clerks()
        run = packets.ask(actor=one, round=real.round, kind=LetterKind.PACKETS)
        with pytest.raises(IntegrityError, match="letters_need_two_persons"), transaction.atomic():
            LetterRun.objects.filter(pk=run.pk).update(released_by=one, released_at=timezone.now())

    def test_nothing_is_produced_unreleased(self, real: World) -> None:
        one, _two = clerks()
        run = packets.ask(actor=one, round=real.round, kind=LetterKind.PACKETS)
        with pytest.raises(Refused) as refusal:
            letters.produce(actor=one, run=run)
        assert refusal.value.code == "not_released"

    @pytest.mark.parametrize("role", ["organiser", "unit_contact", "leader", "auditor", "administrator"])
    def test_others_may_do_none_of_it(self, real: World, role: str) -> None:
        one, _two = clerks()
        run = packets.ask(actor=one, round=real.round, kind=LetterKind.PACKETS)
        other = somebody(role)
        for act in (
            lambda: packets.ask(actor=other, round=real.round, kind=LetterKind.LETTERS),
            lambda: packets.release(actor=other, run=run),
            lambda: packets.withdraw(actor=other, run=run),
            lambda: packets.confirm_printed(actor=other, run=run),
            lambda: packets.spoil(actor=other, round=real.round, typed="x"),
            lambda: letters.produce(actor=other, run=run),
        ):
            with pytest.raises(PermissionDenied):
                act()
        client = Client()
        client.force_login(other)
        for path in ("", "ask/", "spoiled/", f"{run.pk}/", f"{run.pk}/release/", f"{run.pk}/printed/"):
            assert client.get(f"/rounds/2008/letters/{path}").status_code == 403


class TestProducing:
    def test_a_packet_has_a_letter_its_slips_and_a_list_without_codes(self, real: World, tmp_path: Path) -> None:
        Unit.objects.update(contact_name="王联系")
        run = made(real)
        text = text_of(run, tmp_path)
        found = codes_in(text)
        # Five seats of the firm; each code opens one of them, and nobody else's.
        seats = set(Invitation.objects.filter(evaluator=None).values_list("pk", flat=True))
        assert {find(code).invitation.pk for code in found} == seats  # type: ignore[union-attr]
        assert (len(found), run.codes, run.units) == (5, 5, 1)
        assert "王联系" in text
        assert BASE + "/b/" in text
        # One letter, two sheets of slips (3 + 2), one list of signatures: its numbers stand where no code is.
        pages = text.split("\f")[:-1]
        assert [len(codes_in(page)) for page in pages] == [0, 3, 2, 0]
        assert [line.strip() for line in pages[3].splitlines() if re.fullmatch(r"\s*[1-9]\s*", line)] == list("12345")
        assert not Invitation.objects.exclude(evaluator=None).exclude(code_hash=None).exists()

    def test_letters_to_persons_name_them_and_carry_one_code_each(self, real: World, tmp_path: Path) -> None:
        run = made(real, LetterKind.LETTERS)
        pages = text_of(run, tmp_path).split("\f")[:-1]
        assert [len(codes_in(page)) for page in pages] == [1] * 8
        for page in pages:
            person = find(codes_in(page)[0]).invitation.evaluator  # type: ignore[union-attr]
            assert person.name in page.replace(" ", "")  # a space is set between Chinese and Latin

    def test_codes_stand_in_no_log_and_on_no_page(self, real: World, tmp_path: Path) -> None:
        run = made(real)
        found = codes_in(text_of(run, tmp_path))
        told = "".join(f"{row.before}{row.after}{row.reason}{row.subject_label}" for row in AuditEntry.objects.all())
        client = Client()
        client.force_login(User.objects.get(username="甲"))
        told += client.get(f"/rounds/2008/letters/{run.pk}/").content.decode()
        for code in found:
            assert code.reveal() not in told
            assert code.reveal_grouped() not in told
        assert {row.action for row in AuditEntry.objects.filter(action__startswith="letters.")} == {
            "letters.ask", "letters.release", "letters.produce",
        }  # fmt: skip

    def test_the_file_is_for_those_who_produce_codes_and_gone_once_printed(self, real: World) -> None:
        run = made(real)
        file = run.files.get().file
        address = reverse("foundation:file-download", args=(file.pk,))
        for role in ("organiser", "unit_contact", "leader", "auditor"):
            client = Client()
            client.force_login(somebody(role))
            assert client.get(address).status_code == 404
        clerk = User.objects.get(username="甲")
        packets.confirm_printed(actor=clerk, run=run)
        client = Client()
        client.force_login(clerk)
        assert client.get(address).status_code == 410

    def test_forgotten_files_are_erased_after_their_days(self, real: World) -> None:
        run = made(real)
        assert packets.erase_forgotten() == 0
        LetterRun.objects.update(produced_at=timezone.now() - timedelta(days=packets.LETTER_FILE_DAYS, minutes=1))
        assert packets.erase_forgotten() == 1
        run.refresh_from_db()
        assert run.state == "erased"

    def test_again_ends_unused_codes_only_and_needs_a_reason(self, real: World, tmp_path: Path) -> None:
        first = codes_in(text_of(made(real), tmp_path))
        used = find(first[0]).invitation  # type: ignore[union-attr]
        Invitation.objects.filter(pk=used.pk).update(returned_on=timezone.localdate(), returned_by="online")
        with pytest.raises(Refused) as refusal:
            packets.ask(actor=User.objects.get(username="甲"), round=real.round, kind=LetterKind.PACKETS)
        assert refusal.value.code == "nothing_due"
        with pytest.raises(Refused, match="原因|Say why"):
            packets.ask(actor=User.objects.get(username="甲"), round=real.round, kind=LetterKind.PACKETS, again=True)
        second = codes_in(text_of(made(real, again=True, reason="信封遗失"), tmp_path))
        assert len(second) == 4
        assert find(first[0]) is not None
        assert [find(code) for code in first[1:]] == [None] * 4
        assert all(was_replaced(code) for code in first[1:])

    def test_a_ballot_that_comes_in_while_pages_are_set_stops_it(
        self, real: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = clerks()
        run = packets.ask(actor=one, round=real.round, kind=LetterKind.PACKETS)
        packets.release(actor=two, run=run)
        setting = letters._set

        def slow(*args: Any) -> Any:
            seat = Invitation.objects.filter(evaluator=None).first()
            Invitation.objects.filter(pk=seat.pk).update(code_hash=b"x" * 32)  # type: ignore[union-attr]
            return setting(*args)

        monkeypatch.setattr(letters, "_set", slow)
        with pytest.raises(Refused) as refusal:
            letters.produce(actor=two, run=run)
        assert refusal.value.code == "changed"
        assert Invitation.objects.exclude(code_hash=None).count() == 1
        assert not run.files.exists()


class TestSpoiled:
    def test_its_code_ends_and_its_seat_gets_a_new_one(self, real: World, tmp_path: Path) -> None:
        first = codes_in(text_of(made(real), tmp_path))
        clerk = User.objects.get(username="甲")
        packets.spoil(actor=clerk, round=real.round, typed=first[2].reveal_grouped())
        assert find(first[2]).standing() == Standing.REVOKED  # type: ignore[union-attr]
        with pytest.raises(Refused) as refusal:
            packets.spoil(actor=clerk, round=real.round, typed=first[2].reveal())
        assert refusal.value.code == "ended"
        second = codes_in(text_of(made(real, part=Part(unit=Unit.objects.get())), tmp_path))
        assert len(second) == 1
        seat = find(second[0]).invitation  # type: ignore[union-attr]
        assert (seat.spoiled, seat.spoiled_on, seat.revoked_on) == (1, None, None)
        assert was_replaced(first[2])

    def test_a_used_code_or_that_of_a_person_is_refused(self, real: World, tmp_path: Path) -> None:
        slips = codes_in(text_of(made(real), tmp_path))
        persons = codes_in(text_of(made(real, LetterKind.LETTERS), tmp_path))
        used = find(slips[0]).invitation  # type: ignore[union-attr]
        Invitation.objects.filter(pk=used.pk).update(returned_on=timezone.localdate(), returned_by="online")
        clerk = User.objects.get(username="甲")
        for typed, why in (
            (slips[0].reveal(), "returned"),
            (persons[0].reveal(), "unknown_code"),
            ("nonsense", "unknown_code"),
        ):
            with pytest.raises(Refused) as refusal:
                packets.spoil(actor=clerk, round=real.round, typed=typed)
            assert refusal.value.code == why


class TestCountsAlone:
    def contact(self, kind: str, code: str, role: str = "unit_contact") -> Client:
        user = somebody(role, f"{role}-{code}")
        RoleGrant.objects.filter(user=user).update(scope_kind=kind, scope_code=code)
        client = Client()
        client.force_login(user)
        return client

    def test_a_contact_sees_how_many_of_its_unit_are_back_and_nothing_else(self, real: World, tmp_path: Path) -> None:
        unit = Unit.objects.get()
        slips = codes_in(text_of(made(real), tmp_path))
        used = find(slips[0]).invitation  # type: ignore[union-attr]
        Invitation.objects.filter(pk=used.pk).update(returned_on=timezone.localdate(), returned_by="online")
        client = self.contact("unit", unit.code)
        page = client.get("/rounds/2008/returns/").content.decode()
        # 1 of 5 is back: 20 %.
        assert unit.name in page
        assert "20.00%" in page
        for hidden in ("小城人大代表", "小城居民代表", "示范deputies", timezone.localdate().isoformat()):
            assert hidden not in page
        assert client.get("/rounds/2008/returns/units/").status_code == 302
        assert self.contact("unit", "ANOTHER").get("/rounds/2008/returns/").content.decode().count(unit.name) == 0

    @pytest.mark.parametrize(("kind", "role"), [("unit", "unit_contact"), ("stratum", "organiser")])
    def test_neither_contact_nor_organiser_reaches_codes_registry_or_the_drawn(
        self, real: World, kind: str, role: str
    ) -> None:
        client = self.contact(kind, Unit.objects.get().code if kind == "unit" else "firms", role)
        pages = (
            "/rounds/", "/rounds/2008/", "/rounds/2008/codes/", "/rounds/2008/letters/", "/rounds/2008/drawn/",
            "/rounds/2008/draw/", reverse("evaluators:evaluator-list"), reverse("evaluators:unit-list"),
            reverse("evaluators:unit-detail", args=(Unit.objects.get().pk,)),
        )  # fmt: skip
        assert {path: client.get(path).status_code for path in pages} == dict.fromkeys(pages, 403)

    def test_people_drawn_by_name_are_not_counted_by_unit_for_them(self, real: World) -> None:
        """A deputy who belongs to the firm: a count of one by unit would say that he was drawn."""
        unit = Unit.objects.get()
        Invitation.objects.filter(stratum__code="deputies").update(unit=unit)
        page = self.contact("unit", unit.code).get("/rounds/2008/returns/").content.decode()
        assert re.search(r'<td class="num">5</td>', page)
        assert not re.search(r'<td class="num">9</td>', page)
        organiser = self.contact("stratum", "deputies", "organiser")
        assert unit.name not in organiser.get("/rounds/2008/returns/units/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_by_the_pages_two_clerks_make_a_packet(tmp_path: Path) -> None:
    build(is_demo=False, state="drawn", unit_codes=5)
    one, two = (Client(), Client())
    for client, user in zip((one, two), clerks(), strict=True):
        client.force_login(user)
    asked = one.post("/rounds/2008/letters/ask/", {"kind": "packets"})
    run = LetterRun.objects.get()
    assert asked.url == f"/rounds/2008/letters/{run.pk}/"  # type: ignore[attr-defined]
    assert "/release/" not in one.get(asked.url).content.decode()  # type: ignore[attr-defined]
    assert one.post(f"/rounds/2008/letters/{run.pk}/release/").status_code == 409
    assert two.get(f"/rounds/2008/letters/{run.pk}/release/").status_code == 200
    assert two.post(f"/rounds/2008/letters/{run.pk}/release/").status_code == 302
    run.refresh_from_db()
    assert (run.state, run.codes) == ("ready", 5)
    slip = codes_in(text_of(run, tmp_path))[0]
    link = f"http://testserver/b/{slip.reveal()}"
    assert one.post("/rounds/2008/letters/spoiled/", {"code": link}).status_code == 302
    assert one.post("/rounds/2008/letters/spoiled/", {"code": link}).status_code == 422
    one.post(f"/rounds/2008/letters/{run.pk}/printed/")
    run.refresh_from_db()
    assert run.state == "printed"
