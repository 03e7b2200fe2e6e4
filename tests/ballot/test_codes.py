"""Codes: made in bulk, shown once, kept as hashes; ended and replaced with a reason."""

from __future__ import annotations

import time
from io import BytesIO

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import User
from evaluation.admission import find, was_replaced
from evaluation.ballot_code import BallotCode, demo_code
from evaluation.models import Invitation, RevokedCode, Round
from evaluation.refusals import Refused
from evaluation.services.codes import issue_codes, reissue_code, revoke_code
from evaluation.services.drafts import save_draft
from evaluation.services.submitting import Content, new_token, submit
from foundation import files
from foundation.models import AuditEntry, StoredFile
from tests.ballot.world import World, build

pytestmark = pytest.mark.django_db


def rows_of(file: StoredFile) -> list[tuple]:
    sheet = openpyxl.load_workbook(BytesIO(files.read(file))).active
    return list(sheet.iter_rows(min_row=2, values_only=True))


@pytest.fixture
def real() -> World:
    """A round drawn for real: nobody has a code yet."""
    return build(is_demo=False, state="drawn")


class TestIssuing:
    def test_everybody_gets_one_and_only_the_list_knows_it(self, real: World) -> None:
        issued = issue_codes(actor=real.staff, round=real.round, base_url="https://pingyi.example")
        rows = rows_of(issued.file)
        # 4 deputies, 4 residents and 2 codes of the firm.
        assert issued.count == len(rows) == 10
        assert Invitation.objects.filter(code_hash=None).count() == 0
        assert Invitation.objects.filter(issued_on=timezone.localdate()).count() == 10
        codes = [BallotCode.read(row[5]) for row in rows]
        assert len(set(codes)) == 10
        for row, code in zip(rows, codes, strict=True):
            admission = find(code)
            assert admission is not None
            assert admission.invitation.district == row[2]
            assert row[6] == f"https://pingyi.example/b/{code.reveal()}"
        assert [row[4] for row in rows[-2:]] == ["", ""]
        assert rows[-1][3] == "示范企业"

    def test_the_list_is_encrypted_on_the_disk(self, real: World, settings) -> None:
        issued = issue_codes(actor=real.staff, round=real.round)
        assert issued.file.encrypted
        from django.core.files.storage import default_storage

        with default_storage.open(f"{issued.file.pk.hex[:2]}/{issued.file.pk.hex}") as stream:
            assert not stream.read().startswith(b"PK")

    def test_the_log_has_counts_and_no_code(self, real: World) -> None:
        issued = issue_codes(actor=real.staff, round=real.round)
        entry = AuditEntry.objects.get(action="codes.issue")
        assert entry.after == {"count": 10, "file": str(issued.file.pk)}
        written = "".join(str(vars(row)) for row in AuditEntry.objects.all())
        for row in rows_of(issued.file):
            assert row[5] not in written
            assert row[5].replace("-", "") not in written

    def test_only_those_without_one_get_one(self, real: World) -> None:
        first = issue_codes(actor=real.staff, round=real.round)
        kept = bytes(real.reload(0).code_hash)
        Invitation.objects.filter(pk__in=[real.invitations[n].pk for n in (1, 2)]).update(code_hash=None)
        Invitation.objects.filter(pk=real.invitations[2].pk).update(revoked_on=timezone.localdate())
        second = issue_codes(actor=real.staff, round=real.round)
        assert (first.count, second.count) == (10, 1)
        assert bytes(real.reload(0).code_hash) == kept
        assert real.reload(2).code_hash is None

    def test_twice_is_refused_in_words(self, real: World) -> None:
        issue_codes(actor=real.staff, round=real.round)
        with pytest.raises(Refused) as refusal:
            issue_codes(actor=real.staff, round=real.round)
        assert refusal.value.code == "codes_complete"

    @pytest.mark.parametrize("state", ["draft", "configured", "closed", "counted", "published"])
    def test_not_before_the_draw_and_not_after_closing(self, real: World, state: str) -> None:
        Round.objects.update(state=state)
        with pytest.raises(Refused) as refusal:
            issue_codes(actor=real.staff, round=real.round)
        assert refusal.value.code == "wrong_state"

    def test_a_real_rounds_codes_cannot_be_derived(self, real: World) -> None:
        with pytest.raises(ValueError, match="demo"):
            issue_codes(actor=real.staff, round=real.round, code_source=lambda n: demo_code("x", 2008, n))
        assert Invitation.objects.exclude(code_hash=None).count() == 0

    def test_a_demo_rounds_codes_can(self) -> None:
        world = build()
        assert [find(code).invitation.pk for code in world.codes] == [row.pk for row in world.invitations]  # type: ignore[union-attr]

    def test_who_may_not(self, real: World) -> None:
        stranger = User.objects.create(username="stranger")
        for attempt in (
            lambda: issue_codes(actor=stranger, round=real.round),
            lambda: reissue_code(actor=stranger, invitation=real.invitations[0], reason="x"),
            lambda: revoke_code(actor=stranger, invitation=real.invitations[0], reason="x"),
        ):
            with pytest.raises(PermissionDenied):
                attempt()
        assert Invitation.objects.exclude(code_hash=None).count() == 0

    def test_three_thousand_take_no_time(self) -> None:
        world = build(is_demo=False, state="drawn", people=1500)
        started = time.monotonic()
        assert issue_codes(actor=world.staff, round=world.round).count == 3002
        assert time.monotonic() - started < 8


class TestEnding:
    def test_a_new_code_ends_the_old_one_and_its_draft(self) -> None:
        world = build()
        old = world.codes[0]
        save_draft(admission=world.admission(), answers={0: 1}, opinions={})
        issued = reissue_code(actor=world.staff, invitation=world.invitations[0], reason="信件遗失")
        new = BallotCode.read(rows_of(issued.file)[0][5])
        assert find(old) is None
        assert was_replaced(old)
        assert find(new).invitation.pk == world.invitations[0].pk  # type: ignore[union-attr]
        assert world.reload().draft is None
        entry = AuditEntry.objects.get(action="codes.reissue")
        assert entry.reason == "信件遗失"
        assert new.reveal() not in str(vars(entry))

    def test_a_revoked_code_stays_known(self) -> None:
        world = build()
        revoke_code(actor=world.staff, invitation=world.invitations[0], reason="本人已去世")
        assert world.reload().revoked_on == timezone.localdate()
        assert find(world.codes[0]).standing().value == "revoked"  # type: ignore[union-attr]

    def test_a_used_code_is_neither_ended_nor_replaced(self) -> None:
        world = build()
        submit(admission=world.admission(), content=Content(bytes(world.size)), token=new_token())
        for attempt in (reissue_code, revoke_code):
            with pytest.raises(Refused) as refusal:
                attempt(actor=world.staff, invitation=world.invitations[0], reason="x")
            assert refusal.value.code == "returned"
        assert RevokedCode.objects.count() == 0

    def test_a_reason_is_needed(self) -> None:
        world = build()
        for attempt in (reissue_code, revoke_code):
            with pytest.raises(Refused) as refusal:
                attempt(actor=world.staff, invitation=world.invitations[0], reason="  ")
            assert refusal.value.code == "reason_missing"
