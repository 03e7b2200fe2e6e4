"""The box's key pair (X25519): the public key on the round, the private key in a file outside the database.

The file is ``KEY_DIR/rounds/<year>.key``, readable by its owner only, in no backup, deleted once the box has been
opened. A round whose key holders keep the key (`KeyMode.SHARES`) never has such a file.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from nacl.public import PrivateKey

from evaluation.models import KeyMode, Round
from evaluation.refusals import Missing, Refused

_PREFIX = "x25519-private:"


def key_path(round: Round) -> Path:
    """Where the private key of a round is while its box is closed."""
    return Path(settings.KEY_DIR) / "rounds" / f"{round.year}.key"


def has_key_file(round: Round) -> bool:
    """True while the private key is there."""
    return key_path(round).exists()


def ensure_key(round: Round) -> bytes:
    """The round's public key (32 bytes), made now if there is none yet.

    Call it inside the transaction that locks the round. A key file that a rolled-back transaction left is used again,
    never replaced: whatever may have been sealed with it would be lost. Raises Refused where key holders have not
    proved their sheets, or the file does not fit the round.
    """
    if round.key_mode == KeyMode.SHARES:
        if round.public_key is None:
            raise Refused(Missing("key_holders", _("The key holders have not yet proved that their sheets work.")))
        return bytes(round.public_key)
    if round.public_key is None:
        path = key_path(round)
        if not path.exists():
            _write_new(path, bytes(PrivateKey.generate()))
        public = bytes(PrivateKey(_read(path)).public_key)
        Round.objects.filter(pk=round.pk).update(public_key=public)
        round.public_key = public
    else:
        private_key(round)
    return bytes(round.public_key)


@sensitive_variables()
def private_key(round: Round) -> bytes:
    """The private key (32 bytes) from its file. Raises Refused if it is not there or belongs to another box."""
    path = key_path(round)
    try:
        key = _read(path)
    except FileNotFoundError:
        message = _("The key file of the round of %(year)s is not on this machine.") % {"year": round.year}
        remedy = _("Put it back where it was (%(path)s) and start again.") % {"path": path}
        raise Refused(Missing("key_missing", message, remedy)) from None
    except (OSError, ValueError):
        message = _("The key file of the round of %(year)s cannot be read.") % {"year": round.year}
        raise Refused(Missing("key_unreadable", message)) from None
    if round.public_key is None or bytes(PrivateKey(key).public_key) != bytes(round.public_key):
        message = _("The key file of the round of %(year)s belongs to another box.") % {"year": round.year}
        raise Refused(Missing("key_foreign", message))
    return key


def destroy_key(round: Round) -> bool:
    """Overwrite and delete the key file; false if there is none. Only after the opening is committed."""
    path = key_path(round)
    try:
        with path.open("r+b") as stream:
            stream.write(b"\0" * path.stat().st_size)
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    _sync_folder(path.parent)
    return True


@sensitive_variables()
def _read(path: Path) -> bytes:
    text = path.read_text(encoding="ascii").strip()
    if not text.startswith(_PREFIX):
        raise ValueError("no key file")
    key = bytes.fromhex(text.removeprefix(_PREFIX))
    if len(key) != PrivateKey.SIZE:
        raise ValueError("no key file")
    return key


@sensitive_variables()
def _write_new(path: Path, key: bytes) -> None:
    """Write a key so that it is whole on the disk or not there at all; one that somebody else wrote meanwhile stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the start
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(f"{_PREFIX}{key.hex()}\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)  # noqa: PTH108 -- mkstemp gives a text
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
