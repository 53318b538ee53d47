"""The layers that a function names."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import limits, state
from .errors import InvalidParameterValueException
from .state import Layer

_ARN = re.compile(
    r"^arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[^:]+):(?P<number>\d+)$"
)


def read(call: Call, at: At, arns: list[str]) -> dict[str, Any]:
    """The fields that `Layers` sets."""
    if len(arns) > limits.LAYERS:
        raise InvalidParameterValueException(f"Cannot reference more than {limits.LAYERS} layers.")
    found = tuple(_find(at, arn) for arn in arns)
    names = [layer.arn.rpartition(":")[0] for layer in found]
    if len(set(names)) != len(names):
        raise InvalidParameterValueException(
            "Two different versions of the same layer are not allowed to be referenced in the same function."
        )
    return {"layers": found, "layer_blobs": tuple(layer.blob for layer in found)}


def _find(at: At, arn: str) -> Layer:
    match = _ARN.match(arn)
    if match is None:
        raise InvalidParameterValueException(f"Invalid layer arn: {arn}")
    if match["region"] != at.region:
        raise InvalidParameterValueException(
            f"Layer version {arn} is not in the same region as the function ({at.region})."
        )
    layer = state.layers.get(at, match["name"], int(match["number"])) if match["account"] == at.account else None
    if layer is None:
        raise InvalidParameterValueException(f"Layer version {arn} does not exist.")
    return Layer(arn, layer.code_size, layer.code_unzipped, layer.code_blob)
