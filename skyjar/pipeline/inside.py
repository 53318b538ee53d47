"""The cloud behind a call (`kernel.call.Cloud`): what an operation may ask of it.

A call from inside is judged like one from a socket, runs in the caller's transaction, and is recorded below it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from skyjar.kernel import service as services
from skyjar.kernel.blobs import size_of
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere, Wait
from skyjar.kernel.metrics import Tallies
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import Principal
from skyjar.wire import models

from .authorise import judge
from .judgement import Judgement
from .records import CallRecord

if TYPE_CHECKING:
    from .pipeline import Pipeline


class EndedInside:
    """A call from inside that has ended (kernel/metrics.py); it takes no time of the cloud's clock."""

    __slots__ = ("account", "clock_began", "error_code", "is_inside", "parameters", "region", "result", "status")
    took_ms = 0.0

    def __init__(self, inner: Call, parameters: dict[str, Any], result: Any, error: AWSError | None) -> None:
        self.account = inner.account
        self.region = inner.region
        self.clock_began = inner.now
        self.is_inside = inner.caller.kind != "anonymous"  # as whom data planes bring in the requests of everybody
        self.parameters = parameters
        self.result = result
        self.error_code = error.code if error is not None else ""
        self.status = error.status if error is not None else 200

    @property
    def received_bytes(self) -> int:
        return size_of(self.parameters.get("body", b""))

    @property
    def sent_bytes(self) -> int:
        return size_of(self.result.get("Body", b"")) if isinstance(self.result, dict) else 0


class Inside:
    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.chance = pipeline.chance
        self.blobs = pipeline.blobs
        self.is_strict = pipeline.is_strict
        self.behaviour = pipeline.behaviour
        self.memory: dict[Any, Any] = {}
        self._reactions: dict[str, list[Callable[..., Any]]] | None = None
        self._resource_types: dict[str, Any] | None = None

    def ask(
        self,
        call: Call,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        principal: Principal,
        account: str,
        region: str,
        context: dict[str, str],
    ) -> Any:
        """A call from inside: judged, run in the caller's transaction, and recorded below it."""
        found = services.load(service)
        function = found.operations.get(operation) if found is not None else None
        if found is None or function is None:
            raise NotImplementedHere(f"Skyjar does not implement {service}:{operation}.")
        pipeline = self._pipeline
        inner = self._inner(call, found, operation, principal, account, region)
        inner.context = context
        began = time.perf_counter()
        name = _aws_name(found.model, operation)
        judgement: Judgement | None = None
        status, code, message = 200, "", ""
        is_kept = function not in self._pipeline.history.skips
        try:
            judgement = judge(pipeline, inner, found, operation, name, parameters)
            result = function.function(inner, **parameters)
            is_outside = type(result) is Outside
            self._count(call, inner, function.counted, parameters, result, None)
            self._count(call, inner, inner.follower, parameters, result, None)
            if is_kept:
                self._pipeline.history.hear(call, inner, function, parameters, None if is_outside else result, None)
            return result.within(inner) if is_outside else result
        except Wait:
            name = ""
            raise
        except AWSError as error:
            status, code, message = error.status, error.code, error.message
            self._count(call, inner, function.failed or function.counted, parameters, None, error)
            self._count(call, inner, inner.follower, parameters, None, error)
            judgement = getattr(error, "judgement", judgement)
            if is_kept:
                self._pipeline.history.hear(call, inner, function, parameters, None, error)
            raise
        finally:
            inner.looked_up = None  # which may lead back to the call
            if name:
                took_us = int((time.perf_counter() - began) * 1e6)
                source_ip = principal.name if principal.kind == "service" else call.source_ip
                self._record(inner, service, name, status, code, judgement, message, took_us, source_ip)

    def _count(
        self,
        call: Call,
        inner: Call,
        counted: Callable[[Any, Any], None] | None,
        parameters: dict[str, Any],
        result: Any,
        error: AWSError | None,
    ) -> None:
        """A call from inside counts once its transaction is in; one that is still reaching outside counts itself."""
        if counted is not None and type(result) is not Outside:
            ended = EndedInside(inner, parameters, result, error)
            call.tx.after_commit.append(lambda: counted(ended, self._pipeline.metrics))

    def may(
        self,
        call: Call,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        principal: Principal,
        account: str,
        region: str,
    ) -> bool:
        found = services.load(service)
        if found is None or operation not in found.operations:
            return False
        pipeline = self._pipeline
        inner = self._inner(call, found, operation, principal, account, region)
        judgement: Judgement | None = None
        try:
            judgement = judge(pipeline, inner, found, operation, _aws_name(found.model, operation), parameters)
        except found.access_denied as denied:
            judgement = getattr(denied, "judgement", None)
            return False
        finally:
            about_itself = bool(call.operation) and call.service == service  # what would be, such as a key's new policy
            if judgement is not None and judgement.action and not about_itself:
                self._record_question(inner, judgement)
        return True

    def judge(
        self,
        call: Call,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        principal: Principal,
        account: str,
        region: str,
        *,
        is_part: bool = False,
    ) -> None:
        found = services.load(service)
        assert found is not None, service
        inner = self._inner(call, found, operation, principal, account, region)
        try:
            judgement = judge(self._pipeline, inner, found, operation, _aws_name(found.model, operation), parameters)
            if is_part and judgement.action:
                self._record_question(inner, judgement)
        except found.access_denied as denied:
            refusal = getattr(denied, "judgement", None)
            if refusal is not None and (is_part or "." in call.operation):  # of a job nobody is told the failure
                self._record_question(inner, refusal)
            raise

    def _record_question(self, inner: Call, judgement: Judgement) -> None:
        """What was asked and not done is recorded by the action judged, such as execute-api:Invoke."""
        service, _, action = judgement.action.partition(":")
        status, code = (200, "") if judgement.is_allowed else (403, "AccessDenied")
        self._record(inner, service, action, status, code, judgement, "", 0, inner.source_ip)

    def _record(
        self,
        inner: Call,
        service: str,
        name: str,
        status: int,
        code: str,
        judgement: Judgement | None,
        message: str,
        took_us: int,
        source_ip: str,
    ) -> None:
        caller = inner.caller
        self._pipeline.records.add(
            CallRecord(
                inner.request_id, inner.parent, inner.now, service, name, caller.arn, inner.account, inner.region,
                status, code, took_us, source_ip, judgement, message,
            )
        )  # fmt: skip

    def _inner(
        self, call: Call, service: services.Service, operation: str, principal: Principal, account: str, region: str
    ) -> Call:
        """A call below another, in its transaction."""
        inner = call.at(call.tx, call.now)
        inner.caller, inner.account, inner.region = principal, account, "us-east-1" if service.is_global else region
        inner.service, inner.operation = service.name, operation
        inner.parent, inner.request_id = call.request_id, self.chance.uuid()
        return inner

    def emit(self, call: Call, event: msgspec.Struct) -> None:
        if self._reactions is None:
            self._reactions = {
                "organizations.MembershipsChanged": [self._pipeline.memberships.changed],
                "cloudtrail.SelectionChanged": [self._pipeline.history.changed],
                "s3.LoggingChanged": [lambda call, event: self._pipeline.access_logs.changed(call, event)],
            }
            for service in services.having("events.py"):
                for reaction in service.reactions:
                    self._reactions.setdefault(reaction.event, []).append(reaction.function)
        origin = type(event).__module__.split(".")[2]
        for function in self._reactions.get(f"{origin}.{type(event).__name__}", ()):
            function(call, event)

    def keep_history(self) -> None:
        self._pipeline.history.flush()

    def keep_metrics(self) -> None:
        self._pipeline.metrics.flush()

    @property
    def tallies(self) -> Tallies:
        return self._pipeline.metrics

    @property
    def standing_s(self) -> float:
        return self._pipeline.clock.stands_for_s()

    def scheduled(self, due: float) -> None:
        self._pipeline.runner.poke(due)

    def resource_types(self) -> dict[str, Any]:
        if self._resource_types is None:
            self._resource_types = {}
            for service in services.having("cfn.py"):
                self._resource_types.update(service.resource_types)
        return self._resource_types


def _aws_name(model: str, operation: str) -> str:
    return _names(model).get(operation, operation)


def _names(model: str, known: dict[str, dict[str, str]] = {}) -> dict[str, str]:  # noqa: B006 - a cache
    found = known.get(model)
    if found is None:
        found = known[model] = {models.snake(name): name for name in models.service(model).operations}
    return found
