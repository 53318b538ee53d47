"""Roles that only a service may change."""

from __future__ import annotations

from .errors import InvalidInputException, UnmodifiableEntityException
from .state import Role

PATH = "/aws-service-role/"


def is_linked(role: Role) -> bool:
    return role.path.startswith(PATH)


def check_may_change(role: Role) -> None:
    if is_linked(role):
        raise UnmodifiableEntityException(
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS"
        )


def check_path(path: str) -> None:
    if path.startswith(PATH):
        raise InvalidInputException(f"The path {path} is reserved for service-linked roles.")
