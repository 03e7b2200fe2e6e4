"""Addresses of logging in, accounts, roles and the audit log."""

from django.urls import path

from accounts.views import audit, roles, sessions, users

app_name = "accounts"
urlpatterns = [
    path("login/", sessions.LoginView.as_view(), name="login"),
    path("logout/", sessions.log_out, name="logout"),
    path("password/", sessions.password_change, name="password-change"),
    path("users/", users.user_list, name="user-list"),
    path("users/new/", users.user_create, name="user-create"),
    path("users/<int:pk>/", users.user_detail, name="user-detail"),
    path("users/<int:pk>/edit/", users.user_edit, name="user-edit"),
    path("users/<int:pk>/deactivate/", users.user_deactivate, name="user-deactivate"),
    path("users/<int:pk>/activate/", users.user_activate, name="user-activate"),
    path("users/<int:pk>/reset-password/", users.user_reset_password, name="user-reset-password"),
    path("users/<int:pk>/one-time-password/", users.one_time_password, name="one-time-password"),
    path("users/<int:pk>/grant/", users.grant_create, name="grant-create"),
    path("grants/<int:pk>/revoke/", users.grant_revoke, name="grant-revoke"),
    path("roles/", roles.role_list, name="role-list"),
    path("roles/new/", roles.role_create, name="role-create"),
    path("roles/<int:pk>/", roles.role_edit, name="role-edit"),
    path("roles/<int:pk>/delete/", roles.role_delete, name="role-delete"),
    path("audit/", audit.audit_list, name="audit-list"),
    path("audit/export/", audit.audit_export, name="audit-export"),
    path("audit/check/", audit.audit_check, name="audit-check"),
    path("audit/<int:pk>/", audit.audit_detail, name="audit-detail"),
]
