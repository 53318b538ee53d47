"""AWS's public parameters, of which those are here that are true: its Regions.

Source: Systems Manager User Guide, "Calling AMI, Region, and service public parameters".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere

from . import regions
from .errors import ParameterNotFound

PREFIX = "/aws/service/"


def is_one(name: str) -> bool:
    return name.startswith(PREFIX)


def arn_of(region: str, name: str) -> str:
    return f"arn:aws:ssm:{region}::parameter{name}"


def show(call: Call, name: str) -> dict[str, Any]:
    """The parameter of a name."""
    value = regions.VALUES.get(name)
    if value is None:
        raise _unknown(name)
    return _shown(call, name, value)


def _unknown(name: str) -> AWSError:
    if name.startswith(regions.ROOT):
        return ParameterNotFound(name)
    return NotImplementedHere(f"Skyjar does not implement the public parameters {name} of ssm.")


def below(call: Call, path: str, recursive: bool) -> list[dict[str, Any]]:
    """The public parameters below a path, which ends with a slash; they are String parameters all."""
    found = [
        _shown(call, name, value)
        for name, value in regions.VALUES.items()
        if name.startswith(path) and (recursive or "/" not in name.removeprefix(path))
    ]
    if not found and not f"{regions.ROOT}/".startswith(path):
        raise _unknown(path)
    return found


def _shown(call: Call, name: str, value: str) -> dict[str, Any]:
    arn = arn_of(call.region, name)
    return {"Name": name, "Type": "String", "Value": value, "Version": 1, "ARN": arn, "DataType": "text"}
