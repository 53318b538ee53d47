"""The routes of `/_skyjar/` and of LocalStack's health path.

Each takes the cloud and the request's parameters and returns what becomes JSON. What changes something wants POST; foreign
browser origins never get this far (see edge/origins.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from skyjar import __version__
from skyjar.kernel import service as services
from skyjar.wire.http import Request, Respond, Response

from . import behaviour, clock, costs, quotas, snapshots
from .needs import needs

if TYPE_CHECKING:
    from skyjar.app import Cloud

log = logging.getLogger("skyjar.control")

Parameters = dict[str, Any]
Answer = dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]
Route = Callable[["Cloud", Parameters], Answer]


class Problem(Exception):
    """Something the caller can mend; its message says how."""


def health(cloud: Cloud, parameters: Parameters) -> dict[str, Any]:
    return {
        "status": "ready",
        "version": __version__,
        "port": cloud.port,
        "data": str(cloud.data),
        "is_ephemeral": cloud.is_ephemeral,
        "is_strict": cloud.settings.is_strict,
        "is_auditing": cloud.settings.is_auditing,
        "services": services.names(),
        "calls": cloud.pipeline.records.total,
        "now": cloud.clock.now(),
        "clock_is_frozen": cloud.clock.is_frozen,
    }


def localstack_health(cloud: Cloud, parameters: Parameters) -> dict[str, Any]:
    """As tools made for LocalStack expect it (a documented shape: services by state, edition, version)."""
    return {
        "services": {name.rstrip("_").replace("_", "-"): "available" for name in services.names()},
        "edition": "community",
        "version": __version__,
    }


def calls(cloud: Cloud, parameters: Parameters) -> dict[str, Any]:
    limit = min(int(parameters.get("limit", 50)), 1000)
    total, records = cloud.pipeline.records.latest(limit, after=int(parameters.get("after", 0)))
    return {"total": total, "calls": [record.public() for record in records]}


def why(cloud: Cloud, parameters: Parameters) -> dict[str, Any]:
    wanted = str(parameters.get("id", ""))
    if wanted:
        found = cloud.pipeline.records.find(wanted)
    else:
        _, latest = cloud.pipeline.records.latest(1000)
        refused = [record for record in latest if record.judgement is not None and record.judgement.is_refusal]
        found = refused[-1:] or latest[-1:]
    if not found:
        raise Problem(f"There is no record of a call whose id begins with {wanted!r}.")
    return {"calls": [record.public() for record in found]}


async def reset(cloud: Cloud, parameters: Parameters) -> dict[str, Any]:
    await snapshots.reset(cloud)
    return {"status": "empty"}


async def stop(cloud: Cloud, parameters: Parameters) -> dict[str, Any]:
    asyncio.get_running_loop().call_later(0.05, cloud.end)
    return {"status": "stopping"}


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/_skyjar/health"): health,
    ("GET", "/_localstack/health"): localstack_health,
    ("GET", "/_skyjar/calls"): calls,
    ("GET", "/_skyjar/why"): why,
    ("GET", "/_skyjar/needs"): needs,
    ("GET", "/_skyjar/clock"): clock.show,
    ("POST", "/_skyjar/clock"): clock.turn,
    ("GET", "/_skyjar/behaviour"): behaviour.show,
    ("POST", "/_skyjar/behaviour"): behaviour.change,
    ("GET", "/_skyjar/quotas"): quotas.show,
    ("POST", "/_skyjar/quotas"): quotas.change,
    ("GET", "/_skyjar/costs"): costs.show,
    ("GET", "/_skyjar/snapshots"): snapshots.listing,
    ("POST", "/_skyjar/snapshots"): snapshots.save,
    ("POST", "/_skyjar/snapshots/load"): snapshots.load,
    ("DELETE", "/_skyjar/snapshots"): snapshots.remove,
    ("POST", "/_skyjar/reset"): reset,
    ("POST", "/_skyjar/stop"): stop,
}


class Control:
    """Answers the requests that are Skyjar's own; the pipeline asks it first."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._tasks: set[asyncio.Task[None]] = set()

    def answer(self, request: Request, respond: Respond) -> bool:
        """Whether the request was one of ours."""
        route = ROUTES.get((request.method.replace("HEAD", "GET"), request.path.rstrip("/")))
        if route is None:
            known = any(path == request.path.rstrip("/") for _, path in ROUTES)
            respond(
                _json(
                    405 if known else 404,
                    {"error": f"{request.method} {request.path[:256]} is not a path of Skyjar's own."},
                )
            )
            return True
        try:
            answer = route(self._cloud, _parameters(request))
        except (Problem, ValueError, KeyError, TypeError) as error:
            respond(_json(400, {"error": str(error)}))
            return True
        if isinstance(answer, dict):
            respond(_json(200, answer))
        else:
            task = asyncio.get_running_loop().create_task(_later(answer, respond))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True


async def _later(answer: Coroutine[Any, Any, dict[str, Any]], respond: Respond) -> None:
    try:
        respond(_json(200, await answer))
    except (Problem, ValueError, KeyError, TypeError, OSError) as error:
        respond(_json(400, {"error": str(error)}))
    except Exception as error:
        log.exception("the control interface failed")
        respond(_json(500, {"error": f"{type(error).__name__}: {error}"}))


def _parameters(request: Request) -> Parameters:
    found: Parameters = {name: values[-1] for name, values in parse_qs(request.query, max_num_fields=32).items()}
    if isinstance(request.body, bytes) and request.body:
        body = orjson.loads(request.body)
        if not isinstance(body, dict):
            raise Problem("The body must be a JSON object.")
        found |= body
    return found


def _json(status: int, value: dict[str, Any]) -> Response:
    return Response(status, [("content-type", "application/json")], orjson.dumps(value, default=str))
