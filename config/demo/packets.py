"""The open round draws enterprises by unit: contacts with a login, a spoiled slip, and a batch that waits."""

from __future__ import annotations

from accounts.models import Role, ScopeKind, User
from accounts.services import console, create_user, grant_role
from config.demo.codes import code_of
from config.demo.users import PASSWORD
from evaluation.models import LetterKind, Round
from evaluation.services import packets
from evaluation.services.codes import issuing_order
from evaluators.models import Evaluator, Unit

BY_UNIT = "enterprises"
BALLOTS_A_UNIT = 10


def name_contacts(stratum_id: int) -> None:
    """The first person of each unit of the stratum hands out what comes for it."""
    first: dict[int, Evaluator] = {}
    people = Evaluator.objects.filter(unit__stratum=stratum_id).only("name", "phone", "unit_id", "code")
    for person in people.order_by("code"):
        if person.unit_id is not None:
            first.setdefault(person.unit_id, person)
    units = list(Unit.objects.filter(pk__in=first))
    for unit in units:
        unit.contact_name, unit.contact_phone = first[unit.pk].name, first[unit.pk].phone
    Unit.objects.bulk_update(units, ["contact_name", "contact_phone"], batch_size=200)


def show_packets(round: Round, seed: int, clerk: User) -> None:
    """A slip came back spoiled, ``clerk`` has asked for what replaces it; a contact may look at its unit's count."""
    seats = round.invitations.filter(evaluator=None, replaced_on=None).select_related("unit")
    seat = seats.filter(returned_on=None, revoked_on=None).exclude(unit__contact_name="").order_by("unit", "pk").first()
    if seat is None or seat.unit is None:
        return
    code = code_of(seed, issuing_order(round).index(seat.pk))
    packets.spoil(actor=clerk, round=round, typed=code.reveal())
    packets.ask(actor=clerk, round=round, kind=LetterKind.PACKETS)
    contact = create_user(
        actor=console(),
        username="danwei",
        full_name=f"{seat.unit.contact_name}（单位联系人）",
        password=PASSWORD,
        must_change_password=False,
        is_demo=True,
    )
    role = Role.objects.get(code="unit_contact")
    grant_role(actor=console(), user=contact, role=role, scope_kind=ScopeKind.UNIT, scope_code=seat.unit.code)
