"""Lambda's sandboxes behind the pipeline: made at the first function, fed with credentials, their logs written as calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from skyjar.kernel.call import Call, Origin
from skyjar.kernel.principals import service
from skyjar.kernel.service import load
from skyjar.runtime.functions import Credentials, Function
from skyjar.runtime.invocations import Invocation, Lines, Provision, Retire, Unpack

if TYPE_CHECKING:
    from skyjar.runtime.invoker import Invoker

    from .pipeline import Pipeline

T = TypeVar("T")
PRINCIPAL = "lambda.amazonaws.com"


class Functions:
    """Registers the performers of what the lambda service asks for; the first request makes what they need."""

    def __init__(self, pipeline: Pipeline, directory: Path) -> None:
        self._pipeline = pipeline
        self._directory = directory
        self._made: Invoker | None = None
        performers: dict[type, Callable[[Any], Awaitable[Any]]] = {
            Invocation: lambda request: self._invoker.invoke(request),
            Unpack: lambda request: self._invoker.unpack(request),
            Provision: lambda request: self._invoker.provision(request),
            Retire: lambda request: self._invoker.retire(request),
        }
        pipeline.performers.update(performers)

    @property
    def _invoker(self) -> Invoker:
        if self._made is None:
            from skyjar.runtime.invoker import Invoker

            pipeline = self._pipeline
            self._made = Invoker(
                self._directory,
                pipeline.blobs,
                credentials=self._credentials,
                logs=self._log,
                clock=pipeline.clock.now,
                endpoint=lambda: pipeline.own_endpoint,
            )
        return self._made

    async def stop(self) -> None:
        """End every sandbox. The next invocation makes new ones."""
        made, self._made = self._made, None
        if made is not None:
            await made.stop()

    def _inside(self, function: Function, body: Callable[[Call], T]) -> T:
        """Run `body` in a transaction, as Lambda in the function's account and region."""
        pipeline = self._pipeline
        load("lambda")

        def run(tx: Any) -> T:
            return body(
                Call(
                    pipeline.inside,
                    tx,
                    now=pipeline.clock.now(),
                    caller=service(PRINCIPAL, function.account),
                    account=function.account,
                    region=function.region,
                    service="lambda",
                    origin=Origin(pipeline.own_endpoint),
                )
            )

        return pipeline.store.transact(run)

    def _credentials(self, function: Function) -> Credentials:
        from skyjar.services.lambda_ import execution

        found = self._inside(function, lambda call: execution.session(call, function.role, function.name))
        return Credentials(found.access_key, found.secret, found.token, found.expires_at)

    def _log(self, function: Function, stream: str, lines: Lines) -> None:
        from skyjar.services.lambda_ import execution

        self._inside(
            function,
            lambda call: execution.write_log(call, function.role, function.name, function.log_group, stream, lines),
        )
