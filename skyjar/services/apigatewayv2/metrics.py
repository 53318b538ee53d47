"""AWS/ApiGateway: what HTTP APIs tell CloudWatch. Source: API Gateway Developer Guide, "HTTP API metrics"."""

from __future__ import annotations

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Dimensions
from skyjar.kernel.tables import At
from skyjar.kernel.web import WebRequest, WebResponse

from .state import Api, Stage

NAMESPACE = "AWS/ApiGateway"
CHUNK_BYTES = 512 * 1024


def count(call: Call, at: At, api: Api, stage: Stage | None, request: WebRequest, response: WebResponse) -> None:
    """One request to an API, by its id and by its stage; it is billed as well, once for each 512 KB."""
    body = response.body
    sent = len(body) if isinstance(body, bytes) else body.length
    chunks = max(1.0, -(-float(len(request.body) + sent) // CHUNK_BYTES))
    usage.use(call, "apigatewayv2", "ApiGatewayHttpRequest", "ApiGatewayHttpApi", chunks, at=at)
    told = (
        ("Count", "Count", 1.0),
        ("4xx", "Count", float(400 <= response.status < 500)),
        ("5xx", "Count", float(response.status >= 500)),
        ("Latency", "Milliseconds", float(round(call.origin.took_ms))),
        ("DataProcessed", "Bytes", float(len(request.body) + sent)),
    )
    places: list[Dimensions] = [(("ApiId", api.id),)]
    if stage is not None:
        places.append((("ApiId", api.id), ("Stage", stage.name)))
    for dimensions in places:
        for name, unit, value in told:
            call.count(NAMESPACE, dimensions, name, unit, value, at=at)
