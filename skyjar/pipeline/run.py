"""Run the operation in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyjar.kernel.errors import AWSError
from skyjar.kernel.web import WebRequest, WebResponse

from .form_bodies import form_of

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline


def run(pipeline: Pipeline, x: Exchange) -> None:
    """Sets `x.result`: the response's members, a WebResponse, or an Outside that the pipeline carries out."""
    if x.plane is not None:
        _run_plane(pipeline, x)
        x.tx.commit_gathered()
        return
    assert x.function is not None
    call, x.call = x.call, None  # which has `x` for its origin: together they would wait for the collector
    if call is None or call.tx is not x.tx:
        call = pipeline.call_of(x)
    try:
        x.result = x.function.function(call, **x.parameters)
    except TypeError as error:
        missing = x.function.required - x.parameters.keys()
        if missing:
            raise MissingParameter(sorted(missing)[0]) from error
        raise
    finally:
        call.looked_up = None  # which may lead back to the call
    x.tx.commit_gathered()


def _run_plane(pipeline: Pipeline, x: Exchange) -> None:
    """Ask each endpoint that shares this address until one knows the name in it."""
    for plane, labels in x.planes:
        x.plane, x.labels, x.name = plane, labels, plane.service
        x.result = plane.function(pipeline.call_of(x), web_request(x))
        if x.result is not None:
            return
    x.result = WebResponse(status=404, headers=[("content-type", "application/json")], body=b'{"message":"Not Found"}')


class MissingParameter(AWSError):
    """A member that the operation needs and the model does not require."""

    code = "ValidationException"

    def __init__(self, name: str) -> None:
        super().__init__(f"Missing required parameter: {name}")


def web_request(x: Exchange) -> WebRequest:
    request = x.request
    form = form_of(request, x.plane.form_bytes) if x.plane is not None and x.plane.form_bytes else None
    body = b"" if form is not None else request.body if isinstance(request.body, bytes) else request.body.read()
    return WebRequest(
        method=request.method,
        host=request.host,
        path=x.labels.get("path", request.path),
        query=request.query,
        headers=request.headers,
        body=body,
        labels=x.labels,
        scheme=request.scheme,
        source_ip=request.peer,
        version=request.version,
        form=form,
    )
