"""AWS-managed policies, as data: `data/policies.json`."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import orjson

_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class ManagedPolicy(msgspec.Struct, frozen=True):
    """`version` is the id of the version that Skyjar has, AWS's default one when the data was written."""

    name: str
    path: str
    version: str
    description: str
    document: str
    created_at: float = 1_423_247_000.0

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::aws:policy{self.path}{self.name}"

    @property
    def id(self) -> str:
        digest = hashlib.sha256(self.arn.encode()).digest()
        return "ANPA" + "".join(_ID[byte & 31] for byte in digest[:17])


@cache
def policies() -> dict[str, ManagedPolicy]:
    """By ARN, in order."""
    data: list[dict[str, Any]] = orjson.loads((files(__package__) / "data" / "policies.json").read_bytes())
    made = [
        ManagedPolicy(
            name=each["name"],
            path=each.get("path", "/"),
            version=each["version"],
            description=each.get("description", ""),
            document=orjson.dumps(each["document"]).decode(),
        )
        for each in data
    ]
    return {policy.arn: policy for policy in sorted(made, key=lambda policy: policy.name)}


def find(arn: str) -> ManagedPolicy | None:
    return policies().get(arn)
