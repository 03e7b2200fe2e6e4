"""Reading accounts and roles."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import CONSOLE_USERNAME, Role, RoleGrant, ScopeKind, User
from accounts.permissions import PERMISSIONS
from accounts.policies import scope_of


def people() -> QuerySet[User]:
    """All accounts that can log in or could, each with its grants; the console is none of them."""
    grants = RoleGrant.objects.select_related("role").order_by("role_id", "scope_kind", "scope_code")
    return User.objects.exclude(username=CONSOLE_USERNAME).prefetch_related(Prefetch("grants", queryset=grants))


def search_people(rows: QuerySet[User], text: str) -> QuerySet[User]:
    """Those whose name, user name or e-mail address holds every word of ``text``."""
    for word in text.split():
        rows = rows.filter(Q(full_name__icontains=word) | Q(username__icontains=word) | Q(email__icontains=word))
    return rows


def roles() -> QuerySet[Role]:
    """The roles that can be given, each with ``holders``, the number of active accounts that hold it."""
    return Role.objects.exclude(code=CONSOLE_USERNAME).annotate(
        holders=Count("grants__user", filter=Q(grants__user__is_active=True), distinct=True)
    )


def holders(role: Role) -> QuerySet[RoleGrant]:
    """Who holds a role for what."""
    return role.grants.select_related("user", "role").order_by("user__username", "scope_kind", "scope_code")


def powers_of(user: User) -> list[tuple[str, bool]]:
    """What a user may do, as labels in the order of the list; True where it is for everything."""
    found = []
    for permission in PERMISSIONS:
        scope = scope_of(user, permission.code)
        if scope:
            found.append((str(permission.label), scope.everything))
    return found


def who_may(permission: str) -> list[User]:
    """Everybody active who holds a permission for everything, by name; the console is none of them."""
    grants = RoleGrant.objects.filter(scope_kind=ScopeKind.ALL, user__is_active=True).select_related("user", "role")
    found = {grant.user_id: grant.user for grant in grants if permission in grant.role.permissions}
    people = [user for user in found.values() if user.username != CONSOLE_USERNAME]
    return sorted(people, key=lambda user: (user.full_name, user.username))
