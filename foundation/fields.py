"""Model fields that keep their content encrypted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models

from foundation import crypto


class EncryptedTextField(models.BinaryField):
    """Text, AES-GCM encrypted in the database; the empty text is stored as no bytes.

    The purpose bound to the ciphertext is ``app.model.field``, so that cells cannot be swapped between columns.
    """

    @property
    def _purpose(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:
        return self.decrypt(value)

    def decrypt(self, value: Any) -> str:
        """Turn stored bytes into text. Raises foundation.crypto.DecryptionError."""
        if not value:
            return ""
        return crypto.decrypt(bytes(value), purpose=self._purpose).decode()

    def encrypt(self, value: str) -> bytes:
        """Turn text into the bytes to store (what a bulk writer such as COPY needs)."""
        return crypto.encrypt(value.encode(), purpose=self._purpose) if value else b""

    def encrypter(self) -> Callable[[str], bytes]:
        """:meth:`encrypt` for many values."""
        seal = crypto.encrypter(purpose=self._purpose)
        return lambda value: seal(value.encode()) if value else b""

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, (bytes, memoryview)):
            return value
        return self.encrypt(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj) or "")
