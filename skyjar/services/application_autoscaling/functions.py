"""Lambda's provisioned concurrency of versions and aliases."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyjar.kernel.errors import AWSError

from .errors import ValidationException
from .state import Key

NEEDED = ("get_provisioned_concurrency_config", "put_provisioned_concurrency_config")
DIMENSIONS = ("lambda:function:ProvisionedConcurrency",)
LEAST = 0


class Qualified(NamedTuple):
    function: str
    qualifier: str


def place(key: Key) -> Qualified | None:
    """None where the resource is none of that dimension."""
    parts = key[1].split(":")
    if len(parts) != 3 or parts[0] != "function" or not all(parts) or parts[2] == "$LATEST":
        return None
    return Qualified(parts[1], parts[2])


def words(key: Key) -> str:
    return "provisioned concurrency"


def parameters(key: Key) -> dict[str, str]:
    """Which resource the calls in NEEDED are about."""
    _, function, qualifier = key[1].split(":")
    return {"function_name": function, "qualifier": qualifier}


def standing(asked: Any, key: Key) -> tuple[int, bool]:
    try:
        found = asked.get_provisioned_concurrency_config(**parameters(key))
    except AWSError as error:
        if error.code == "ProvisionedConcurrencyConfigNotFoundException":
            return 0, False
        if error.code != "ResourceNotFoundException":
            raise
        raise ValidationException(f"Lambda function does not exist: {key[1]}") from None
    return found["RequestedProvisionedConcurrentExecutions"], found["Status"] == "IN_PROGRESS"


def change(asked: Any, key: Key, capacity: int) -> None:
    if capacity:
        asked.put_provisioned_concurrency_config(**parameters(key), provisioned_concurrent_executions=capacity)
    else:
        asked.delete_provisioned_concurrency_config(**parameters(key))
