"""Rules of the words in a snapshot: candidate ids and the labels of strata, cells and units."""

from __future__ import annotations

import re
import unicodedata

from .errors import BadInput, shown

ID_FORM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{3,63}")
LABEL_MAX = 100

# Control, format, the three kinds of separator (U+0020 apart) and surrogates, which UTF-8 cannot carry.
_FORBIDDEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Cs"})


def check_id(text: str) -> str:
    """The id itself, if it is a letter followed by 3 to 63 ASCII letters, digits, ``_`` or ``-``.

    Raises:
        BadInput: ``bad_id``.
    """
    if ID_FORM.fullmatch(text) is None:
        raise BadInput("bad_id", f"{shown(text)} is not a letter and 3 to 63 more of A-Z a-z 0-9 _ -", value=text)
    return text


def check_label(text: str) -> str:
    """The label itself, if it is NFC, trimmed, at most 100 characters and free of invisible characters.

    The empty label is a label.

    Raises:
        BadInput: ``label_too_long``, ``label_character``, ``label_not_trimmed`` or ``label_not_nfc``.
    """
    if len(text) > LABEL_MAX:
        raise BadInput("label_too_long", f"{len(text)} characters, at most {LABEL_MAX} are allowed", length=len(text))
    for character in text:
        if character != " " and unicodedata.category(character) in _FORBIDDEN:
            sign = f"U+{ord(character):04X}"
            raise BadInput("label_character", f"{shown(text)} holds the character {sign}", value=text, sign=sign)
    if text.strip(" ") != text:
        raise BadInput("label_not_trimmed", f"{shown(text)} begins or ends with a space", value=text)
    if not unicodedata.is_normalized("NFC", text):
        raise BadInput("label_not_nfc", f"{shown(text)} is not in Unicode normal form NFC", value=text)
    return text


def normalise_label(text: str) -> str:
    """The nearest label that keeps the rules, length apart: NFC, white space single and trimmed, the invisible gone.

    >>> normalise_label(" 鼓楼区\\u3000|\\u200b制造业\\n")
    '鼓楼区 |制造业'
    """
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(c for c in spaced if c == " " or unicodedata.category(c) not in _FORBIDDEN)
    return unicodedata.normalize("NFC", " ".join(kept.split()))
