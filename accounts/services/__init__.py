"""Changing users, roles and who holds them, audited."""

from accounts.services.audit_check import check_audit_log, record_export
from accounts.services.roles import create_role, delete_role, grant_role, revoke_grant, update_role
from accounts.services.sessions import record_lockout, record_login, record_logout
from accounts.services.system import console, create_administrator, install_starting_roles
from accounts.services.users import (
    change_own_password,
    create_user,
    create_user_with_one_time_password,
    deactivate_user,
    new_one_time_password,
    reactivate_user,
    reset_password,
    update_user,
)

__all__ = [
    "change_own_password",
    "check_audit_log",
    "console",
    "create_administrator",
    "create_role",
    "create_user",
    "create_user_with_one_time_password",
    "deactivate_user",
    "delete_role",
    "grant_role",
    "install_starting_roles",
    "new_one_time_password",
    "reactivate_user",
    "record_export",
    "record_lockout",
    "record_login",
    "record_logout",
    "reset_password",
    "revoke_grant",
    "update_role",
    "update_user",
]
