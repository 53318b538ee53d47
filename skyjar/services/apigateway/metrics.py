"""AWS/ApiGateway: what REST APIs tell CloudWatch. Source: API Gateway Developer Guide, "REST API dimensions and metrics"."""

from __future__ import annotations

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Dimensions
from skyjar.kernel.tables import At

from .state import RestApi, Stage

NAMESPACE = "AWS/ApiGateway"


def count(call: Call, at: At, api: RestApi, stage: Stage | None, status: int) -> None:
    """One request to an API, by its name and by its stage; it is billed as well."""
    usage.use(call, "apigateway", "ApiGatewayRequest", "ApiGatewayRequest", at=at)
    told = (
        ("Count", "Count", 1.0),
        ("4XXError", "Count", float(400 <= status < 500)),
        ("5XXError", "Count", float(status >= 500)),
        ("Latency", "Milliseconds", float(round(call.origin.took_ms))),
    )
    places: list[Dimensions] = [(("ApiName", api.name),)]
    if stage is not None:
        places.append((("ApiName", api.name), ("Stage", stage.name)))
    for dimensions in places:
        for name, unit, value in told:
            call.count(NAMESPACE, dimensions, name, unit, value, at=at)
