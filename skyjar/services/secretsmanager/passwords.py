"""GetRandomPassword."""

from __future__ import annotations

import string

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits
from .errors import InvalidParameterException


@operation
def get_random_password(
    call: Call,
    *,
    password_length: int = limits.PASSWORD_LENGTH,
    exclude_characters: str = "",
    exclude_numbers: bool = False,
    exclude_punctuation: bool = False,
    exclude_uppercase: bool = False,
    exclude_lowercase: bool = False,
    include_space: bool = False,
    require_each_included_type: bool = True,
) -> dict[str, str]:
    kinds = [
        letters
        for letters, is_left_out in (
            (string.ascii_lowercase, exclude_lowercase),
            (string.ascii_uppercase, exclude_uppercase),
            (string.digits, exclude_numbers),
            (string.punctuation, exclude_punctuation),
            (" ", not include_space),
        )
        if not is_left_out
    ]
    left = ["".join(letter for letter in letters if letter not in exclude_characters) for letters in kinds]
    left = [letters for letters in left if letters]
    _check(password_length, left, require_each_included_type)
    return {"RandomPassword": _password(call, password_length, left, require_each_included_type)}


def _check(length: int, kinds: list[str], needs_each: bool) -> None:
    if length > limits.PASSWORD_LENGTH_MOST:
        raise InvalidParameterException(f"Password length must be at most {limits.PASSWORD_LENGTH_MOST}.")
    if not kinds:
        raise InvalidParameterException("There is no character left that the password could be made of.")
    if needs_each and length < len(kinds):
        raise InvalidParameterException("Password length is too short based on the required types.")


def _password(call: Call, length: int, kinds: list[str], needs_each: bool) -> str:
    everything = "".join(kinds)
    made = [_draw(call, letters) for letters in kinds] if needs_each else []
    made += [_draw(call, everything) for _ in range(length - len(made))]
    for at in range(len(made) - 1, 0, -1):  # shuffled, so that the required ones stand anywhere
        other = call.chance.integer(at + 1)
        made[at], made[other] = made[other], made[at]
    return "".join(made)


def _draw(call: Call, letters: str) -> str:
    return letters[call.chance.integer(len(letters))]
