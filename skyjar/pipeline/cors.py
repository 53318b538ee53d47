"""Browsers' requests from other origins, to services that keep CORS rules of their own: `cors.py` in S3's folder.

Only requests with an Origin come here. Data planes (API Gateway) answer theirs by themselves, but those of a bucket: its website, and
the forms that are posted to it.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import unquote

from skyjar.kernel import service as services
from skyjar.kernel.errors import AWSError
from skyjar.wire.codec import codec
from skyjar.wire.errors import WireError
from skyjar.wire.http import Response

from .route import route

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline


def allows(pipeline: Pipeline, x: Exchange, origin: str) -> bool:
    """Whether the edge may let a foreign page's request in. A preflight does nothing but ask, so it always may."""
    rules = _find(pipeline, x)
    if rules is None:
        return False
    if x.request.method == "OPTIONS":
        return True
    bucket, _ = _address(x)
    x.tx = pipeline.store.begin()
    try:
        return rules.allowed(pipeline.call_of(x), bucket, origin, x.request.method, x.request.headers) is not None
    finally:
        x.tx.abort()


def preflight(pipeline: Pipeline, x: Exchange) -> Response | AWSError | None:
    """The answer to OPTIONS; None when no service with CORS rules is asked."""
    rules = _find(pipeline, x)
    if rules is None:
        return None
    x.codec = x.codec or codec(x.name, "rest-xml")  # a website's refusals are S3's too
    x.tx = pipeline.store.begin()
    try:
        return Response(200, rules.preflight(pipeline.call_of(x), *_address(x), x.request.headers))
    except AWSError as error:
        return error
    finally:
        x.tx.abort()


def decorate(pipeline: Pipeline, x: Exchange, response: Response) -> None:
    """Add what a page of the request's origin needs to read the answer, be it an error."""
    rules = _rules_of(x)
    if rules is None or x.request.method == "OPTIONS":
        return
    request = x.request
    x.tx = pipeline.store.begin()
    try:
        pairs = rules.allowed(
            pipeline.call_of(x), _address(x)[0], request.headers["origin"], request.method, request.headers
        )
    finally:
        x.tx.abort()
    response.headers += pairs or ()


def _find(pipeline: Pipeline, x: Exchange) -> ModuleType | None:
    """Routes the request as it will be routed for its operation; OPTIONS has none, but the service is known then."""
    x.tx = pipeline.store.begin()
    try:
        route(pipeline, x)
    except (AWSError, WireError):
        pass
    finally:
        x.tx.abort()
    return _rules_of(x)


def _rules_of(x: Exchange) -> ModuleType | None:
    service = services.load(x.name) if x.name and (x.plane is None or "bucket" in x.labels) else None
    return service.cors if service is not None else None


def _address(x: Exchange) -> tuple[str, str]:
    """Bucket and key."""
    if x.plane is not None:
        return x.labels["bucket"].rstrip("/"), unquote(x.labels["path"])[1:] if "path" in x.labels else ""
    bucket, _, key = x.addressed.path[1:].partition("/")
    return unquote(bucket), unquote(key)
