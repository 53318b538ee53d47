"""Tiers: which one a version of a parameter is in, and how much it may hold. Pure.

Source: Systems Manager User Guide, "Managing parameter tiers".
"""

from __future__ import annotations

from . import limits
from .errors import ParameterLimitExceeded, ValidationException

STANDARD, ADVANCED, INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"


def chosen(asked: str, present: str, default: str, needs_advanced: str, standard: int) -> str:
    """`present` is empty for a new parameter; `needs_advanced` says for what only advanced ones can have, if anything;
    `standard` counts the standard parameters that there are besides this one."""
    tier = asked or (ADVANCED if present == ADVANCED else default)
    if tier == INTELLIGENT:
        is_full = not present and standard >= limits.STANDARD_PARAMETERS
        tier = ADVANCED if present == ADVANCED or needs_advanced or is_full else STANDARD
    if present == ADVANCED and tier == STANDARD:
        raise ValidationException(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    if tier == STANDARD and needs_advanced:
        raise ValidationException(needs_advanced)
    return tier


def check_size(tier: str, value: str) -> None:
    most = limits.ADVANCED_CHARS if tier == ADVANCED else limits.STANDARD_CHARS
    if len(value.encode()) > most:
        raise ValidationException(too_large(tier, most))


def too_large(tier: str, most: int) -> str:
    hint = (
        " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more "
        "information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
        "parameter-store-advanced-parameters.html"
    )
    said = f"{tier} tier parameters support a maximum parameter value of {most} characters."
    return said + (hint if tier == STANDARD else "")


def advanced_only(value: str, has_policies: bool, data_type_is_advanced: bool) -> str:
    """Why a parameter like this has to be an advanced one; empty when it need not."""
    if len(value.encode()) > limits.STANDARD_CHARS:
        return too_large(STANDARD, limits.STANDARD_CHARS)
    if has_policies:
        return "Parameter policies require the advanced-parameter tier."
    if data_type_is_advanced:
        return "The data types url, json and jsonc require the advanced-parameter tier."
    return ""


def check_room(tier: str, standard: int, advanced: int) -> None:
    """For one more parameter."""
    if tier == STANDARD and standard >= limits.STANDARD_PARAMETERS:
        raise ParameterLimitExceeded
    if tier == ADVANCED and advanced >= limits.ADVANCED_PARAMETERS:
        raise ParameterLimitExceeded
