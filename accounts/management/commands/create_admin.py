"""``manage.py create_admin USERNAME``: the first account of an empty system, which creates all the others."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import create_administrator
from foundation.errors import Conflict

ENVIRONMENT = "ADMIN_PASSWORD"


class Command(BaseCommand):
    help = (
        "Creates an account that may manage accounts and roles. The password is asked for, or taken from "
        f"{ENVIRONMENT} where there is no terminal; it never stands on the command line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--full-name", default="", help="the person's name (default: the user name)")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        username = User.normalize_username(options["username"])
        if User.objects.filter(username=username).exists():
            raise CommandError(_("There is an account “%(name)s” already.") % {"name": username})
        try:
            user = create_administrator(
                username=username,
                full_name=options["full_name"] or username,
                email=options["email"],
                password=os.environ.get(ENVIRONMENT) or self._ask(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Conflict as refusal:
            raise CommandError(str(refusal.message)) from refusal
        self.stdout.write(_("Administrator created: %(name)s") % {"name": user.username})

    def _ask(self) -> str:
        if not sys.stdin.isatty():
            raise CommandError(_("No terminal to ask for the password: set %(variable)s.") % {"variable": ENVIRONMENT})
        password = getpass.getpass(_("Password: "))
        if getpass.getpass(_("Password again: ")) != password:
            raise CommandError(_("The two are not the same."))
        return password
