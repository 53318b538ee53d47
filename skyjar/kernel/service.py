"""What a service is made of, and how its folder is found.

`services/<name>/__init__.py` holds `service = Service("<name>")`; loading it imports every module of the folder and
collects what their decorators mark. No list of services, operations, jobs or resource types exists anywhere else.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from .errors import AccessDenied, AWSError
from .jobs import Job
from .listening import Talk

F = TypeVar("F", bound=Callable[..., Any])
PACKAGE = "skyjar.services"


class Operation:
    """One API operation: its function, what it accepts, and what judging it needs."""

    __slots__ = ("counted", "failed", "function", "is_on_head", "name", "parameters", "required", "service")

    def __init__(self, service: str, function: Callable[..., Any]) -> None:
        self.service = service
        self.name = function.__name__
        self.function = function
        self.is_on_head = getattr(function, "__on_head__", False)
        # What its service's metrics.py does when a call has ended, and when one has failed.
        self.counted: Callable[[Any, Any], None] | None = None
        self.failed: Callable[[Any, Any], None] | None = None
        signature = list(inspect.signature(function).parameters.values())[1:]
        self.parameters = frozenset(p.name for p in signature)
        self.required = frozenset(p.name for p in signature if p.default is inspect.Parameter.empty)


def operation(function: F) -> F:
    """Mark a function `(call, *, parameters)` as the API operation that boto3 calls by this name."""
    function.__skyjar__ = "operation"  # type: ignore[attr-defined]
    return function


def on_head(function: F) -> F:
    """Mark an operation that is run as soon as the head of its request has come, where its body is long or of unknown length: that is
    a `kernel.blobs.Flowing` then. It is answered when the body has ended."""
    function.__on_head__ = True  # type: ignore[attr-defined]
    return function


class Endpoint:
    """A data plane of a service. `hosts` are host-name patterns with `{labels}`, `paths` the path forms; one that `is_plain` does not
    speak TLS on its hosts; one with `form_bytes` takes browsers' forms, with so many bytes in front of their file."""

    def __init__(
        self,
        function: Callable[..., Any],
        hosts: tuple[str, ...],
        paths: tuple[str, ...],
        is_plain: bool = False,
        form_bytes: int = 0,
    ) -> None:
        self.function = function
        self.hosts = hosts
        self.paths = paths
        self.is_plain = is_plain
        self.form_bytes = form_bytes
        self.service = function.__module__.split(".")[2]
        self.name = function.__name__


def endpoint(
    *, hosts: tuple[str, ...] = (), paths: tuple[str, ...] = (), is_plain: bool = False, form_bytes: int = 0
) -> Callable[[Callable[..., Any]], Endpoint]:
    """Declare `(call, request: WebRequest) -> WebResponse | Outside` as what answers on these hosts and paths.

    A host is like `{api}.execute-api.{region}.localhost`, a path like `/_aws/execute-api/{api}/{path+}`; a trailing
    `{path+}` is what the function sees as the request's path.
    """
    return lambda function: Endpoint(function, hosts, paths, is_plain, form_bytes)


class Reaction:
    """A function `(call, event)` that runs in the transaction of whoever emits the event."""

    def __init__(self, event: str, function: Callable[..., Any]) -> None:
        self.event = event
        self.function = function


def on(event: str) -> Callable[[Callable[..., Any]], Reaction]:
    """React to another service's event, by its full name (`s3.ObjectCreated`)."""
    return lambda function: Reaction(event, function)


class Service:
    """A service's public face.

    `model` is the botocore model's name (the folder's own unless given); `iam` the prefix of its IAM actions.
    `access_denied` is its error for a refused call; with `encodes_denials` it says why in a message for
    `sts:DecodeAuthorizationMessage`, as EC2's does. With `seals_bodies` bodies that are streamed arrive as sealed blobs;
    `check_body` raises what refuses one of that many bytes, as soon as they are known. `permissions.py` may define `resources(call, operation,
    parameters) -> list[str]` (the ARNs judged), `actions(call, operation, parameters) -> list[str]` (further
    actions to judge), `resource_policy(call, operation, parameters) -> str | None` (the document attached to the
    resource) and `conditions(call, operation, parameters) -> dict` (condition keys). `cors.py` may define
    `allowed(call, bucket, origin, method, headers) -> list of header pairs | None` and `preflight(call, bucket, key,
    headers) -> list of header pairs`: the answers to browsers' pages of other origins; `access_logs.py`
    `behind(call, name) -> (bucket, ARN) | None`: the bucket behind an access point. What `metrics.py` may define is
    in kernel/metrics.py, what `usage.py` may in kernel/usage.py.
    """

    def __init__(
        self,
        name: str,
        *,
        model: str = "",
        iam: str = "",
        access_denied: type[AWSError] = AccessDenied,
        is_global: bool = False,
        encodes_denials: bool = False,
        seals_bodies: bool = False,
        check_body: Callable[[int], None] | None = None,
    ) -> None:
        self.name = name
        self.model = model or name
        self.iam = iam or name
        self.access_denied = access_denied
        self.is_global = is_global
        self.encodes_denials = encodes_denials
        self.seals_bodies = seals_bodies
        self.check_body = check_body
        self.operations: dict[str, Operation] = {}
        self.jobs: dict[str, Job] = {}
        self.endpoints: list[Endpoint] = []
        self.reactions: list[Reaction] = []
        self.resource_types: dict[str, Any] = {}
        self.permissions: ModuleType | None = None
        self.cors: ModuleType | None = None
        self.talk: Talk | None = None
        self.metrics: ModuleType | None = None
        self.usage: ModuleType | None = None
        self.access_logs: ModuleType | None = None

    def collect(self, module: ModuleType) -> None:
        for name, thing in vars(module).items():
            if (
                getattr(thing, "__module__", None) == module.__name__
                and getattr(thing, "__skyjar__", "") == "operation"
            ):
                self.operations[name] = Operation(self.name, thing)
            elif isinstance(thing, Job) and thing.function.__module__ == module.__name__:
                if thing.name in self.jobs:
                    raise TypeError(f"two jobs are called {thing.name}, which is how their rows name them")
                self.jobs[thing.name] = thing
            elif isinstance(thing, Endpoint):
                self.endpoints.append(thing)
            elif isinstance(thing, Reaction):
                self.reactions.append(thing)
            elif isinstance(thing, Talk):
                self.talk = thing
        self.resource_types.update(getattr(module, "RESOURCE_TYPES", {}))
        if module.__name__.endswith(".permissions"):
            self.permissions = module
        elif module.__name__.endswith(".cors"):
            self.cors = module
        elif module.__name__.endswith(".metrics"):
            self.metrics = module
        elif module.__name__.endswith(".usage"):
            self.usage = module
        elif module.__name__.endswith(".access_logs"):
            self.access_logs = module

    def bind(self) -> None:
        """When all is collected: what `metrics.py` and `usage.py` count, at the operations."""
        for name, counted in getattr(self.metrics, "COUNTED", {}).items():
            self.operations[name].counted = counted
        for name, failed in getattr(self.metrics, "FAILED", {}).items():
            self.operations[name].failed = failed
        counts = getattr(self.usage, "counts", None)
        for each in self.operations.values():
            used = counts(each.name) if counts is not None else None
            if used is not None:
                each.counted = _both(each.counted, used)
                each.failed = _both(each.failed, used) if each.failed is not None else None


def _both(one: Callable[[Any, Any], None] | None, other: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    if one is None:
        return other
    first = one

    def counted(ended: Any, tallies: Any) -> None:
        first(ended, tallies)
        other(ended, tallies)

    return counted


_loaded: dict[str, Service] = {}


def folder() -> Path:
    return Path(__file__).parent.parent / "services"


def names() -> list[str]:
    """Every service folder, whether loaded or not."""
    return sorted(path.name for path in folder().iterdir() if (path / "__init__.py").exists())


def package_of(name: str) -> str:
    """The folder of a service: `cognito-idp` lives in `cognito_idp`, `lambda` (a Python keyword) in `lambda_`."""
    return name + "_" if iskeyword(name) else name.replace("-", "_")


def exists(name: str) -> bool:
    name = package_of(name)
    return name in _loaded or (name.isidentifier() and (folder() / name / "__init__.py").exists())


def load(name: str) -> Service | None:
    """The service of that name (AWS's or its folder's), its modules imported; None when there is no such folder."""
    found = _loaded.get(name)
    if found is not None:
        return found
    if not exists(name):
        return None
    name = package_of(name)
    package = importlib.import_module(f"{PACKAGE}.{name}")
    service: Service = package.service
    for info in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.{name}."):
        service.collect(importlib.import_module(info.name))
    service.bind()
    _loaded[name] = _loaded[service.name] = service
    return service


def having(file: str) -> list[Service]:
    """The services whose folder has this file of the fixed vocabulary (`events.py`, `cfn.py`, `endpoints.py`)."""
    found = [load(name) for name in names() if (folder() / name / file).exists()]
    return [service for service in found if service is not None]
