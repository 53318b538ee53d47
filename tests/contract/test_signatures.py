"""The signature is the coverage claim: every implemented operation agrees with botocore's model of it.

A parameter that the model lacks could never arrive; one that the model requires and the signature lacks would refuse every
call; one that the signature requires and the model does not would be a TypeError instead of AWS's answer.
"""

from __future__ import annotations

import inspect
import types
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from skyjar.kernel import service as services
from skyjar.kernel.blobs import Blob
from skyjar.kernel.service import Operation, Service
from skyjar.wire import models
from skyjar.wire.models import OperationModel, Shape

TYPES: dict[str, tuple[Any, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
    "blob": (bytes, Blob),
    "timestamp": (float,),
    "float": (float,),
    "double": (float,),
    "bigdecimal": (float,),
}

# (service, operation, parameter): why the signature may differ from the model in this.
REQUIRED_THOUGH_OPTIONAL: dict[tuple[str, str, str], str] = {}
MISSING_THOUGH_REQUIRED: dict[tuple[str, str, str], str] = {}
OTHER_TYPE: dict[tuple[str, str, str], str] = {
    ("s3", "get_object_attributes", "part_number_marker"): "callers inside may hand back NextPartNumberMarker as text",
    ("s3", "list_parts", "part_number_marker"): "callers inside may hand back NextPartNumberMarker as text",
}


@cache
def known(model: str) -> dict[str, str]:
    """The operations of a model by boto3's names."""
    return {models.snake(name): name for name in models.service(model).operations}


def service_of(folder: str) -> Service:
    found = services.load(folder)
    assert found is not None
    return found


def modelled(folder: str) -> list[tuple[Operation, OperationModel]]:
    service = service_of(folder)
    names = known(service.model)
    return [
        (operation, models.service(service.model).operation(names[name]))
        for name, operation in sorted(service.operations.items())
        if name in names
    ]


def members(model: OperationModel) -> dict[str, Shape]:
    shape = model.input_shape
    return {models.snake(name): member for name, member in shape.members.items()} if shape is not None else {}


def required(model: OperationModel) -> set[str]:
    shape = model.input_shape
    return {models.snake(name) for name in shape.required} if shape is not None else set()


def parameters(operation: Operation) -> list[inspect.Parameter]:
    return list(inspect.signature(operation.function).parameters.values())[1:]


@pytest.fixture(params=services.names())
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_operation_is_one_of_the_models(folder: str) -> None:
    service = service_of(folder)
    assert service.operations, "a service without operations claims nothing"
    unknown = sorted(set(service.operations) - set(known(service.model)))
    assert not unknown, unknown


def test_parameters_are_keyword_only_members_of_the_model(folder: str) -> None:
    wrong = [
        f"{operation.name}({each.name})"
        for operation, model in modelled(folder)
        for each in parameters(operation)
        if each.name not in members(model) or each.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert not wrong, wrong


def test_what_the_model_requires_is_accepted(folder: str) -> None:
    service = service_of(folder)
    wrong = [
        f"{operation.name}({name})"
        for operation, model in modelled(folder)
        for name in sorted(required(model) - operation.parameters)
        if (service.name, operation.name, name) not in MISSING_THOUGH_REQUIRED
    ]
    assert not wrong, wrong


def test_what_the_signature_requires_is_required_by_the_model(folder: str) -> None:
    service = service_of(folder)
    wrong = [
        f"{operation.name}({name})"
        for operation, model in modelled(folder)
        for name in sorted(operation.required - required(model))
        if (service.name, operation.name, name) not in REQUIRED_THOUGH_OPTIONAL
    ]
    assert not wrong, wrong


def test_annotations_agree_with_the_shapes(folder: str) -> None:
    service = service_of(folder)
    wrong: list[str] = []
    for operation, model in modelled(folder):
        shapes = members(model)
        hints = get_type_hints(operation.function)
        for each in parameters(operation):
            shape = shapes.get(each.name)
            excused = (service.name, operation.name, each.name) in OTHER_TYPE
            if shape is not None and not excused and not _agrees(hints.get(each.name), shape):
                wrong.append(f"{operation.name}({each.name}: {hints.get(each.name)}), in the model a {shape.type}")
    assert not wrong, wrong


def _agrees(hint: Any, shape: Shape) -> bool:
    """Any agrees only with a document, None only beside something else."""
    choices = set(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else {hint}
    plain = {get_origin(choice) or choice for choice in choices} - {type(None)}
    if shape.trait("document") or shape.trait("eventstream"):
        return True
    wanted = TYPES[shape.type]
    if shape.trait("streaming"):
        wanted = (bytes, Blob)
    return bool(plain) and all(
        isinstance(choice, type) and (choice in wanted or issubclass(choice, wanted)) for choice in plain
    )


def test_exceptions_are_still_needed() -> None:
    for table in (REQUIRED_THOUGH_OPTIONAL, MISSING_THOUGH_REQUIRED, OTHER_TYPE):
        for service, operation, parameter in table:
            found = services.load(service)
            assert found is not None
            assert operation in found.operations, (service, operation)
            if table is not MISSING_THOUGH_REQUIRED:
                assert parameter in found.operations[operation].parameters, (service, operation, parameter)
