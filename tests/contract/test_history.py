"""What a model calls sensitive, and every body, stays out of the history of calls, in whatever place it is given."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skyjar.kernel import service as services
from skyjar.pipeline.history import Plan, _shown, _shown_parameters
from skyjar.wire import models
from skyjar.wire.models import Shape

MARK = "s3cr3t"
DEPTH_MAX = 6


def filled(shape: Shape, depth: int = 0) -> Any:
    """A value with everything in it; what is sensitive holds the mark."""
    is_secret = bool(shape.trait("sensitive"))
    if depth > DEPTH_MAX:
        return None
    if shape.type == "structure":
        return {name: filled(member, depth + 1) for name, member in shape.members.items()}
    if shape.type == "list":
        return [filled(shape.member, depth + 1)]
    if shape.type == "map":
        return {MARK if is_secret or shape.key.trait("sensitive") else "key": filled(shape.value, depth + 1)}
    if shape.type == "blob":
        return MARK.encode()
    if shape.type == "string":
        return MARK if is_secret else "x"
    return 1.0 if shape.type in ("float", "double", "timestamp") else shape.type == "boolean" or 1


@pytest.mark.parametrize("folder", services.names())
def test_what_is_sensitive_is_hidden(folder: str) -> None:
    service = services.load(folder)
    assert service is not None
    leaks = []
    for operation in service.operations.values():
        plan = Plan(operation)
        model = models.service(service.model).operation(plan.name)
        given = filled(model.input_shape) if model.input_shape is not None else {}
        shown = _shown_parameters(plan, {models.snake(name): value for name, value in given.items()})
        answer = _shown(plan.answer, filled(plan.answer)) if plan.answer is not None else None
        if MARK.encode() in msgspec.msgpack.encode((shown, answer), enc_hook=str):
            leaks.append(plan.name)
    assert not leaks, leaks
