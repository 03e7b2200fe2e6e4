"""What `manage.py up` prints of a loaded demo city: one login per role and three ballot links."""

from __future__ import annotations

from accounts.models import RoleGrant
from config.demo.codes import code_of
from config.demo.users import PASSWORD
from evaluation.models import Invitation, Round
from evaluation.services.codes import issuing_order
from evaluation.states import RoundState
from foundation.models import AuditEntry


def ballot_codes(count: int = 3) -> list[str]:
    """Codes of ballots of the open demo round that have not been returned, each of another stratum."""
    built = AuditEntry.objects.filter(action="demo.build").order_by("-id").first()
    round = Round.objects.filter(is_demo=True, state=RoundState.OPEN).first()
    if built is None or built.after is None or round is None:
        return []
    seed = int(built.after["seed"])
    free = dict(
        Invitation.objects.filter(round=round, returned_on=None, revoked_on=None).values_list("pk", "stratum_id")
    )
    codes: dict[int, str] = {}
    for number, pk in enumerate(issuing_order(round)):
        if pk in free and free[pk] not in codes:
            codes[free[pk]] = code_of(seed, number).reveal()
        if len(codes) == count:
            break
    return list(codes.values())


def lines(address: str = "") -> list[str]:
    """The lines to print; none when no demo data is loaded."""
    grants = RoleGrant.objects.filter(user__is_demo=True).select_related("user", "role").order_by("pk")
    if not grants:
        return []
    result = [f"Demo city (示范市, fictional). Password of every demo login: {PASSWORD}"]
    result += [f"  {grant.user.username:<10} {grant.role.name_en or grant.role.name}" for grant in grants]
    result += [f"  ballot     {address}/b/{code}" for code in ballot_codes()]
    return result
