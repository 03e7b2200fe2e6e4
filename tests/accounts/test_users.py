"""The services of accounts, roles and grants: from the side of who must not, and of what must not be lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts import services
from accounts.models import Role, RoleGrant, User
from accounts.policies import may, may_somewhere, scope_of
from accounts.services.administrators import administrators
from foundation.errors import Conflict
from foundation.models import AuditEntry
from tests.accounts.people import PASSWORD, admin, user

pytestmark = pytest.mark.django_db

ROLES = ["committee", "leader", "liaison", "assessor", "organiser", "sector_guide", "supervisor", "auditor"]


def role(code: str) -> Role:
    return Role.objects.get(code=code)


def last_entry() -> AuditEntry:
    found = AuditEntry.objects.first()
    assert found is not None
    return found


# -- who may not -------------------------------------------------------------------------------------------------------

DEEDS: dict[str, Callable[[User, User], Any]] = {
    "create": lambda actor, other: services.create_user(
        actor=actor, username="new", full_name="新人", password=PASSWORD
    ),
    "update": lambda actor, other: services.update_user(actor=actor, user=other, username="x", full_name="x", email=""),
    "deactivate": lambda actor, other: services.deactivate_user(actor=actor, user=other),
    "activate": lambda actor, other: services.reactivate_user(actor=actor, user=other),
    "reset": lambda actor, other: services.reset_password(actor=actor, user=other),
    "grant": lambda actor, other: services.grant_role(actor=actor, user=other, role=role("committee")),
    "grant oneself": lambda actor, other: services.grant_role(actor=actor, user=actor, role=role("administrator")),
    "revoke": lambda actor, other: services.revoke_grant(actor=actor, grant=RoleGrant.objects.get(user=other)),
    "create role": lambda actor, other: services.create_role(actor=actor, name="x", permissions=["audit.view"]),
    "update role": lambda actor, other: services.update_role(
        actor=actor, role=role("leader"), name="x", permissions=["audit.view"]
    ),
    "delete role": lambda actor, other: services.delete_role(actor=actor, role=role("supervisor")),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("code", ["", *ROLES])
def test_nobody_but_an_administrator(code: str, deed: str) -> None:
    actor = user("actor", *([code] if code else []))
    other = user("other", "leader")
    with pytest.raises(PermissionDenied):
        DEEDS[deed](actor, other)
    other.refresh_from_db()
    assert (other.username, other.is_active, other.check_password(PASSWORD)) == ("other", True, True)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("deed", DEEDS)
def test_an_administrator_of_one_department_is_none(deed: str) -> None:
    actor = user("actor", "administrator", scope=("department", "D1"))
    with pytest.raises(PermissionDenied):
        DEEDS[deed](actor, user("other", "leader"))


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deactivated_administrator_is_none(deed: str) -> None:
    actor = user("actor", "administrator", is_active=False)
    with pytest.raises(PermissionDenied):
        DEEDS[deed](actor, user("other", "leader"))


# -- accounts ----------------------------------------------------------------------------------------------------------


def test_a_new_account_has_no_power_and_one_password_for_one_login() -> None:
    actor = admin()
    made, password = services.create_user_with_one_time_password(
        actor=actor, username="li", full_name="李四", email="li@example.cn"
    )
    assert made.check_password(password)
    assert made.must_change_password
    assert not made.grants.exists()
    entry = last_entry()
    assert (entry.action, entry.actor, entry.subject_id) == ("user.create", actor, str(made.pk))
    assert entry.after == {"username": "li", "full_name": "李四"}
    assert password not in str(entry.after)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("", PASSWORD),
        ("has space", PASSWORD),
        ("guanli", PASSWORD),
        ("console", PASSWORD),
        ("li", "short"),
        ("li", "12345678901"),
    ],
)
def test_what_cannot_be_an_account(username: str, password: str) -> None:
    actor = admin()
    with pytest.raises(ValidationError):
        services.create_user(actor=actor, username=username, full_name="李四", password=password)
    assert User.objects.count() == 1


def test_a_change_is_logged_without_the_address() -> None:
    actor, li = admin(), user("li")
    services.update_user(actor=actor, user=li, username="li4", full_name="li同志", email="private@example.cn")
    entry = last_entry()
    assert entry.before == {"username": "li", "email_changed": False}
    assert entry.after == {"username": "li4", "email_changed": True}
    assert "private" not in str(AuditEntry.objects.values())


def test_no_change_is_no_entry() -> None:
    actor, li = admin(), user("li")
    services.update_user(actor=actor, user=li, username="li", full_name="li同志", email="")
    assert not AuditEntry.objects.exists()


def test_an_account_is_switched_off_and_on_with_its_roles() -> None:
    actor, li = admin(), user("li", "committee")
    services.deactivate_user(actor=actor, user=li, reason="调离")
    li.refresh_from_db()
    assert not li.is_active
    assert not may(User.objects.get(pk=li.pk), "round.view")
    entry = last_entry()
    assert (entry.action, entry.reason) == ("user.deactivate", "调离")
    services.deactivate_user(actor=actor, user=li)  # twice changes nothing
    assert AuditEntry.objects.count() == 1
    services.reactivate_user(actor=actor, user=li)
    assert may(User.objects.get(pk=li.pk), "round.view")
    services.reactivate_user(actor=actor, user=li)
    assert AuditEntry.objects.count() == 2


def test_nobody_switches_oneself_off_or_resets_ones_own_password() -> None:
    actor = admin()
    admin("second")
    with pytest.raises(Conflict):
        services.deactivate_user(actor=actor, user=actor)
    with pytest.raises(Conflict):
        services.reset_password(actor=actor, user=actor)


def test_a_reset_password_is_for_one_login_and_not_in_the_log() -> None:
    actor, li = admin(), user("li")
    password = services.reset_password(actor=actor, user=li)
    li.refresh_from_db()
    assert li.check_password(password)
    assert not li.check_password(PASSWORD)
    assert li.must_change_password
    entry = last_entry()
    assert (entry.action, entry.before, entry.after) == ("user.reset_password", None, None)


@pytest.mark.parametrize("deed", ["update", "deactivate", "activate", "reset", "grant", "revoke"])
def test_the_account_of_the_command_line_is_out_of_reach(deed: str) -> None:
    account = services.console()
    with pytest.raises(Conflict):
        DEEDS[deed](admin(), account)
    assert services.console() == account
    assert not account.has_usable_password()


def test_the_role_of_the_command_line_is_given_to_nobody() -> None:
    services.console()
    actor, li = admin(), user("li")
    with pytest.raises(Conflict):
        services.grant_role(actor=actor, user=li, role=role("console"))
    with pytest.raises(Conflict):
        services.update_role(actor=actor, role=role("console"), name="x", permissions=[])
    with pytest.raises(Conflict):
        services.delete_role(actor=actor, role=role("console"))


# -- grants ------------------------------------------------------------------------------------------------------------


def test_a_grant_gives_and_its_end_takes() -> None:
    actor, li = admin(), user("li")
    grant = services.grant_role(actor=actor, user=li, role=role("liaison"), scope_kind="department", scope_code="D1")
    assert last_entry().after == {"role": "部门联络员 (liaison)", "scope": "department:D1"}
    li = User.objects.get(pk=li.pk)
    assert not may(li, "results.own")
    assert may_somewhere(li, "results.own")
    scope = scope_of(li, "results.own")
    assert scope.covers("department", "D1")
    assert not scope.covers("department", "D2")
    assert not scope.covers("sector", "D1")
    services.revoke_grant(actor=actor, grant=grant)
    assert last_entry().before == {"role": "部门联络员 (liaison)", "scope": "department:D1"}
    assert not may_somewhere(User.objects.get(pk=li.pk), "results.own")


def test_given_twice_it_is_there_once() -> None:
    actor, li = admin(), user("li")
    for _time in range(2):
        services.grant_role(actor=actor, user=li, role=role("leader"))
    assert RoleGrant.objects.filter(user=li).count() == 1
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(("kind", "code"), [("department", ""), ("all", "D1"), ("planet", "D1")])
def test_what_is_no_scope(kind: str, code: str) -> None:
    with pytest.raises(ValidationError):
        services.grant_role(actor=admin(), user=user("li"), role=role("liaison"), scope_kind=kind, scope_code=code)


# -- the last administrator --------------------------------------------------------------------------------------------


def test_the_console_and_the_deactivated_and_the_scoped_are_no_administrators() -> None:
    services.console()
    actor = admin()
    user("off", "administrator", is_active=False)
    user("scoped", "administrator", scope=("sector", "law"))
    assert administrators() == {actor.pk}


def test_the_last_one_keeps_role_power_and_account() -> None:
    last, console = admin(), services.console()
    for deed in (
        lambda: services.deactivate_user(actor=console, user=last),
        lambda: services.revoke_grant(actor=last, grant=RoleGrant.objects.get(user=last)),
        lambda: services.update_role(
            actor=last, role=role("administrator"), name="系统管理员", permissions=["audit.view"]
        ),
    ):
        with pytest.raises(Conflict):
            deed()
    assert administrators() == {last.pk}
    assert not AuditEntry.objects.exists()


def test_with_a_second_one_the_first_may_go() -> None:
    first, second = admin("first"), admin("second")
    services.revoke_grant(actor=second, grant=RoleGrant.objects.get(user=first))
    assert administrators() == {second.pk}
    with pytest.raises(Conflict):
        services.revoke_grant(actor=second, grant=RoleGrant.objects.get(user=second))


def test_without_any_yet_the_command_line_is_not_held_back() -> None:
    """An empty system: only the console acts."""
    li = user("li")
    services.deactivate_user(actor=services.console(), user=li)
    assert not User.objects.get(pk=li.pk).is_active


# -- roles -------------------------------------------------------------------------------------------------------------


def test_a_role_is_made_changed_and_deleted() -> None:
    actor = admin()
    made = services.create_role(
        actor=actor, name="观察员", name_en="Observer", permissions=["round.view", "audit.view"]
    )
    assert made.code == "role-1"
    assert made.permissions == ["audit.view", "round.view"]  # in the order of the list
    assert services.create_role(actor=actor, name="其他", permissions=["round.view"]).code == "role-2"
    services.update_role(actor=actor, role=made, name="观察员", name_en="Observer", permissions=["round.view"])
    entry = last_entry()
    assert entry.before == {"permissions": ["audit.view", "round.view"]}
    assert entry.after == {"permissions": ["round.view"]}
    services.delete_role(actor=actor, role=made)
    assert last_entry().before == {"name": "观察员", "name_en": "Observer", "permissions": ["round.view"]}
    assert not Role.objects.filter(code="role-1").exists()


def test_a_changed_role_changes_what_its_holders_may_at_once() -> None:
    actor, li = admin(), user("li", "leader")
    assert may(User.objects.get(pk=li.pk), "results.view")
    services.update_role(actor=actor, role=role("leader"), name="领导", permissions=["round.view"])
    assert not may(User.objects.get(pk=li.pk), "results.view")
    assert may(User.objects.get(pk=li.pk), "round.view")


@pytest.mark.parametrize(
    ("name", "permissions"),
    [("", ["round.view"]), ("领导", ["round.view"]), ("新角色", ["no.such"]), ("新角色", [])],
)
def test_what_cannot_be_a_role(name: str, permissions: list[str]) -> None:
    actor, before = admin(), Role.objects.count()
    with pytest.raises(ValidationError):
        services.create_role(actor=actor, name=name, permissions=permissions)
    assert Role.objects.count() == before


def test_a_role_that_somebody_holds_stays() -> None:
    actor = admin()
    user("li", "leader", is_active=False)  # even a deactivated one
    with pytest.raises(Conflict):
        services.delete_role(actor=actor, role=role("leader"))


def test_an_empty_database_gets_the_roles_of_the_field_and_a_changed_one_keeps_its_own() -> None:
    assert set(Role.objects.values_list("code", flat=True)) >= {*ROLES, "administrator"}
    Role.objects.filter(code="supervisor").delete()
    services.install_starting_roles()
    assert not Role.objects.filter(code="supervisor").exists()


def test_without_a_user_there_is_no_permission() -> None:
    from django.contrib.auth.models import AnonymousUser

    for nobody in (None, AnonymousUser()):
        assert not may(nobody, "round.view")
        assert not may_somewhere(nobody, "round.view")
    with pytest.raises(ValueError, match="unknown permission"):
        may(admin(), "round.vew")
