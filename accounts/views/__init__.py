"""Pages of logging in, accounts, roles and the audit log."""

from accounts.views.sessions import locked_out  # named in settings

__all__ = ["locked_out"]
