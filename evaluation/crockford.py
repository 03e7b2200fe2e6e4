"""Codes and receipts as people read, type and say them: Crockford's base 32 with one check character. Pure.

The check character makes Σ αⁱ·cᵢ = 0 over GF(32) (α = 2, reduced by x⁵ + x² + 1; the check character itself has i = 0),
so that every single wrong character and every swap of two characters is noticed, in words of up to 31 characters.
"""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MAX_CHARACTERS = 31

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp", "Pd"})  # spaces, dashes and what cannot be seen
_ALSO_IGNORED = frozenset("._·・−ー~'\"")


def _times_alpha(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def _checksum(values: list[int]) -> int:
    """Σ αⁱ·cᵢ by Horner's rule, i counted from the right and starting with 1."""
    total = 0
    for value in values:
        total = _times_alpha(total ^ value)
    return total


def check_character(text: str) -> str:
    """The check character of a word in the alphabet. Raises KeyError for another character."""
    return ALPHABET[_checksum([_VALUE[character] for character in text])]


def has_valid_check(text: str) -> bool:
    """True if the last character is the check character of the others."""
    return (
        1 < len(text) <= MAX_CHARACTERS
        and all(character in _VALUE for character in text)
        and check_character(text[:-1]) == text[-1]
    )


def encode(data: bytes) -> str:
    """The bytes in base 32, most significant first, without check character; zero bits are put in front."""
    length = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(length - 1, -1, -1))


def decode(text: str, size: int) -> bytes:
    """Undo `encode` for ``size`` bytes. Raises ValueError if it is no such word."""
    if len(text) != -(-size * 8 // 5):
        raise ValueError("wrong length")
    number = 0
    for character in text:
        if character not in _VALUE:
            raise ValueError("a character outside the alphabet")
        number = number << 5 | _VALUE[character]
    if number >> size * 8:
        raise ValueError("too large")
    return number.to_bytes(size, "big")


def normalise(typed: str) -> str:
    """What somebody typed, as the alphabet has it: full width and lower case, O for 0, I and L for 1, spaces, dashes.

    Characters that mean nothing here are kept, so that the word does not fit and the typing error shows.
    """
    kept = (
        character
        for character in unicodedata.normalize("NFKC", typed)
        if unicodedata.category(character) not in _IGNORED and character not in _ALSO_IGNORED
    )
    return "".join(kept).upper().translate(_ALIKE)


def grouped(text: str, size: int = 4, separator: str = "-") -> str:
    """In groups, for reading: ``ABCD-EFGH-JKMN-PQRS-T``."""
    return separator.join(text[at : at + size] for at in range(0, len(text), size))
