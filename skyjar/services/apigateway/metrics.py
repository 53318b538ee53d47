"""AWS/ApiGateway: what REST APIs tell CloudWatch. Source: API Gateway Developer Guide, "REST API metrics and dimensions".

Latency and IntegrationLatency are not told apart from each other here: what API Gateway itself does takes no time of note.
"""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from .state import RestApi, Stage

NAMESPACE = "AWS/ApiGateway"


def count(call: Call, at: At, api: RestApi, stage: Stage | None, status: int, took_ms: float) -> None:
    """One request to an API, by its name and by its stage."""
    told = (
        ("Count", "Count", 1.0),
        ("4XXError", "Count", float(400 <= status < 500)),
        ("5XXError", "Count", float(status >= 500)),
        ("Latency", "Milliseconds", float(round(took_ms))),
    )
    places = [(("ApiName", api.name),)]
    if stage is not None:
        places.append((("ApiName", api.name), ("Stage", stage.name)))  # type: ignore[arg-type]
    for dimensions in places:
        for name, unit, value in told:
            call.count(NAMESPACE, dimensions, name, unit, value, at=at)
