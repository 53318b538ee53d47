"""From the wire to keyword arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyjar.kernel.errors import NotImplementedHere

from . import bodies

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline


def parse(pipeline: Pipeline, x: Exchange) -> None:
    if x.plane is not None:
        return
    assert x.codec is not None
    assert x.model is not None
    assert x.function is not None
    bodies.decode(pipeline, x)
    x.parameters = x.codec.parse(x.model, x.addressed)
    if x.parameters.keys() <= x.function.parameters:
        return
    unknown = x.parameters.keys() - x.function.parameters
    if not pipeline.is_lenient:
        member = _member(x, sorted(unknown)[0])
        raise NotImplementedHere(f"Skyjar does not implement the parameter {member} of {x.name}:{x.model.name}.")
    for name in unknown:
        del x.parameters[name]


def _member(x: Exchange, snake: str) -> str:
    from skyjar.wire.models import snake as spell

    shape = x.model.input_shape if x.model is not None else None
    return next((name for name in shape.members if spell(name) == snake), snake) if shape is not None else snake
