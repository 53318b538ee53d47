"""What an operation needs can be said of any input that its model lets through, and in an empty cloud.

`permissions.py` is asked before the operation runs: whatever it raises, but AWS's own errors, is a 500 for the caller.
"""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel import service as services
from skyjar.kernel.errors import AWSError
from skyjar.kernel.store import Transaction
from skyjar.pipeline.authorise import Rules
from skyjar.wire import models
from skyjar.wire.models import OperationModel, Shape

DEPTH_MAX = 4


def value(shape: Shape, is_whole: bool, depth: int = 0) -> Any:
    """The smallest value of a shape, or (`is_whole`) one with all its members."""
    if shape.type == "structure":
        names = shape.members if is_whole and depth < DEPTH_MAX else shape.required
        return {name: value(shape.members[name], is_whole, depth + 1) for name in names}
    if shape.type == "list":
        count = max(int(shape.trait("min") or 0), int(is_whole and depth < DEPTH_MAX))
        return [value(shape.member, is_whole, depth + 1) for _ in range(count)]
    if shape.type == "map":
        return {value(shape.key, is_whole, depth): value(shape.value, is_whole, depth + 1)} if is_whole else {}
    if shape.type == "string":
        return shape.enum[0] if shape.enum else "x" * max(int(shape.trait("min") or 0), 1)
    return {"boolean": True, "blob": b"{}", "integer": 1, "long": 1}.get(shape.type, 1.0)


def given(model: OperationModel, accepted: frozenset[str], is_whole: bool) -> dict[str, Any]:
    shape = model.input_shape
    if shape is None:
        return {}
    names = [name for name in shape.members if name in shape.required or is_whole]
    return {
        models.snake(name): value(shape.members[name], is_whole) for name in names if models.snake(name) in accepted
    }


@pytest.mark.parametrize("is_whole", [False, True], ids=["least", "whole"])
@pytest.mark.parametrize("folder", services.names())
def test_needs_can_be_said_of_any_input(desk: Any, folder: str, is_whole: bool) -> None:
    service = services.load(folder)
    assert service is not None
    names = {models.snake(name): name for name in models.service(service.model).operations}
    wrong: list[str] = []
    rules = Rules(service.permissions)

    def ask(tx: Transaction) -> None:
        call = desk.call(tx)
        for name, operation in service.operations.items():
            model = models.service(service.model).operation(names[name])
            parameters = given(model, operation.parameters, is_whole)
            for question in Rules.__slots__:
                ask_for = getattr(rules, question)
                if ask_for is None:
                    continue
                try:
                    answer = ask_for(call, name, parameters)
                except AWSError:
                    continue
                except Exception as error:
                    wrong.append(f"{question} of {name}: {error!r}")
                    continue
                if question == "actions" and any(":" not in action for action in answer or []):
                    wrong.append(f"actions of {name}: {answer}")
                if question == "resources" and not all(isinstance(text, str) and text for text in answer or []):
                    wrong.append(f"resources of {name}: {answer}")

    desk.store.transact(ask)
    assert not wrong, "\n".join(wrong)
