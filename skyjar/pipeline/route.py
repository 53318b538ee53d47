"""Which service and operation a request is for: by host (data planes), target header, credential scope, host name of an
AWS endpoint, Action parameter; what names nothing is S3, as on AWS's own S3 endpoint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from skyjar.kernel import service as services
from skyjar.kernel import sites
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.service import Operation, Service
from skyjar.wire import index, models, sigv4
from skyjar.wire.codec import Codec, codec
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request
from skyjar.wire.models import OperationModel

from . import s3_heads
from .planes import host_of
from .s3_addresses import ABSENT, CONTROL, OBJECT_LAMBDA, addressed, is_control

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline

_FORM = "application/x-www-form-urlencoded"
_LOCAL = re.compile(r"^(localhost|127\.0\.0\.1|\[::1\]|localhost\.localstack\.cloud|host\.docker\.internal)(:\d+)?$")
_AWS_HOST = re.compile(
    r"^(?P<service>[a-z0-9.-]+?)(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.(?:amazonaws\.com|localhost)(?::\d+)?$"
)


class UnknownOperation(AWSError):
    code = "UnknownOperationException"
    status = 404


class InvalidAction(AWSError):
    code = "InvalidAction"


class Known:
    """What was found before, by what the request says; only whole successes are kept."""

    def __init__(self) -> None:
        self.local_hosts: dict[str, bool] = {}
        self.targets: dict[str, tuple[str, Codec, OperationModel, Service, Operation]] = {}
        self.functions: dict[OperationModel, tuple[Service, Operation]] = {}
        self.scopes: dict[tuple[str, bool], tuple[str, Codec]] = {}

    def is_local(self, host: str) -> bool:
        found = self.local_hosts.get(host)
        if found is None:
            if len(self.local_hosts) > 1024:
                self.local_hosts.clear()
            found = self.local_hosts[host] = _LOCAL.match(host) is not None
        return found


def route(pipeline: Pipeline, x: Exchange) -> None:
    request = x.request
    known = pipeline.known_routes
    is_local = known.is_local(request.host)
    if not is_local and _route_site(pipeline, x):
        return
    if not is_local or request.path.startswith(pipeline.planes.prefixes):
        x.planes = pipeline.planes.find(request)
        if x.planes:
            x.plane, x.labels = x.planes[0]
            x.name = x.plane.service
            if request.headers.get("authorization", "").startswith("AWS4-"):
                x.credential = sigv4.credential(request)
            return
    try:
        x.credential = sigv4.credential(request)
    except WireError:
        if _is_s3s(request):
            x.name, x.codec = "s3", codec("s3", "rest-xml")
        raise
    target = request.headers.get("x-amz-target")
    if target is not None:
        found_before = known.targets.get(target)
        if found_before is not None and request.headers.get("smithy-protocol") is None:
            x.name, x.codec, x.model, x.service, x.function = found_before
            if x.service.is_global:
                x.region = "us-east-1"
            return
        _route_target(x, target)
    else:
        _route_codec(known, x)
    assert x.codec is not None
    x.model = x.codec.route(x.addressed)
    if x.model is None:
        if not _route_form(pipeline, x):
            raise s3_heads.unknown(x) if x.name == "s3" else _unknown(x)
        return
    if x.name == "s3":
        s3_heads.check(x.addressed, x.model)
    x.service, x.function = known.functions.get(x.model) or _find_function(known, x)
    if x.service.is_global:
        x.region = "us-east-1"
    if target is not None:
        known.targets[target] = (x.name, x.codec, x.model, x.service, x.function)


def _is_s3s(request: Request) -> bool:
    """Whether S3 says, in its own way, what is wrong with a signature: of presigned URLs, of signatures of version 2, and of those that
    name no service, since requests without one are S3's too."""
    given = request.headers.get("authorization", "")
    if "%2Fs3%2Faws4_request" in request.query or "/s3/aws4_request" in given or given.startswith("AWS "):
        return True
    return "/aws4_request" not in given and not {"x-amz-target", "smithy-protocol"} & request.headers.keys()


def is_site(pipeline: Pipeline, host: str) -> bool:
    tx = pipeline.store.begin()
    try:
        return sites.is_kept(tx, host)
    finally:
        tx.abort()


def _route_site(pipeline: Pipeline, x: Exchange) -> bool:
    """A website by its own domain's name. Nothing else answers under such a name, which is a stranger's to point here."""
    host = host_of(x.request)
    if not sites.is_kept(x.tx, host):
        return False
    x.planes = [
        (plane, {"bucket": host, "path": x.request.path}) for plane, _ in pipeline.planes.at("/_aws/s3-website/x/")
    ]
    x.plane, x.labels = x.planes[0]
    x.name = x.plane.service
    return True


def _route_form(pipeline: Pipeline, x: Exchange) -> bool:
    """A browser's form that is posted to a bucket: it is signed in its fields, and no operation of the model."""
    content_type = x.request.headers.get("content-type", "")
    if x.name != "s3" or x.request.method != "POST" or not content_type.startswith("multipart/form-data"):
        return False
    x.planes = pipeline.planes.at(f"/_aws/s3-form{x.addressed.path}")
    if not x.planes:
        return False
    x.plane, x.labels = x.planes[0]
    return True


def _find_function(known: Known, x: Exchange) -> tuple[Service, Operation]:
    assert x.model is not None
    service = services.load(x.name)
    function = service.operations.get(x.model.snake) if service is not None else None
    if service is None or function is None:
        raise NotImplementedHere(f"Skyjar does not implement {x.name}:{x.model.name}.")
    known.functions[x.model] = (service, function)
    return service, function


def _route_target(x: Exchange, target: str) -> None:
    prefix = target.rpartition(".")[0]
    name = models.find_target(prefix)
    if name is None:
        raise UnknownOperation(f"Unknown target: {target[:128]}")
    x.name = name
    x.codec = codec(name, "json")


def _route_codec(known: Known, x: Exchange) -> None:
    request = x.request
    scope = x.credential.service if x.credential is not None else ""
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    before = known.scopes.get((scope, is_form)) if scope else None
    if before is not None and "smithy-protocol" not in request.headers and not request.path.startswith(CONTROL):
        x.name, x.codec = before
        if x.name == "s3" and not known.is_local(request.host):
            addressed(x, "s3")
        return
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        x.name = _by_rpc_path(request.path) or _by_scope(x)[0]
        x.codec = codec(x.name, "smithy-rpc-v2-cbor")
        return
    candidates = _by_scope(x)
    if candidates == ("s3",) and scope:
        known.scopes[scope, is_form] = ("s3", codec("s3", "rest-xml"))
    if len(candidates) == 1 and candidates[0] not in ("s3", "s3control") and scope:
        x.name = candidates[0]
        x.codec = codec(x.name, _protocol_of(x.name, request))
        if "Action=" not in request.query:
            known.scopes[scope, is_form] = (x.name, x.codec)
        return
    for name in candidates:
        made = codec(name, _protocol_of(name, request))
        if len(candidates) == 1 or made.route(addressed(x, name)) is not None:
            x.name, x.codec = name, made
            break
    else:
        x.name = candidates[0]
        x.codec = codec(x.name, _protocol_of(x.name, request))
    addressed(x, x.name)


def _by_rpc_path(path: str) -> str | None:
    parts = path.split("/")
    if len(parts) == 5 and parts[1] == "service":
        for name, entry in index.entries().items():
            if parts[2] in (entry.get("target"), entry["id"].replace(" ", "")):
                return name
    return None


def _protocol_of(name: str, request: Request) -> str:
    """The protocol of a request that has no target header."""
    protocols = models.service(name).protocols
    if len(protocols) == 1:
        return protocols[0]
    if "query" in protocols and (
        "Action=" in request.query or request.headers.get("content-type", "").startswith(_FORM)
    ):
        return "query"
    return next((p for p in protocols if p.startswith("rest")), protocols[0])


def _by_scope(x: Exchange) -> tuple[str, ...]:
    """Candidate services: by the signature's scope, else by host name, else by Action, else S3."""
    request = x.request
    if x.credential is not None and x.credential.service:
        if x.credential.service == OBJECT_LAMBDA:
            return ("s3",)
        if x.credential.service in ABSENT:
            x.name, x.codec = "s3", codec("s3", "rest-xml")
            raise NotImplementedHere(f"Skyjar does not implement {ABSENT[x.credential.service]}.")
        found = index.by_signing_name().get(x.credential.service)
        if found is None:
            raise UnknownOperation(f"Unknown service in the credential scope: {x.credential.service[:64]}")
        if "s3control" in found:
            return ("s3control",) if is_control(request) else ("s3",)
        return tuple(name for name in found if services.exists(name)) or found
    host = _AWS_HOST.match(request.host)
    if host is not None:
        found = index.by_endpoint_prefix().get(host["service"])
        if found is not None:
            return found
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    if (is_form and (request.path == "/" or "Action=" in _text(request))) or "Action=" in request.query:
        return _by_action(request)
    return ("s3",)


def _by_action(request: Request) -> tuple[str, ...]:
    """Unsigned query calls exist for STS's federation; others are refused by the missing signature."""
    return ("sts",)


def _unknown(x: Exchange) -> AWSError:
    request = x.request
    if x.codec is not None and x.codec.protocol in ("query", "ec2"):
        action = re.search(r"Action=([A-Za-z0-9]{1,64})", request.query + "&" + _text(request))
        return InvalidAction(f"The action {action[1] if action else '(none)'} is not valid for this web service.")
    target = request.headers.get("x-amz-target", "")
    return UnknownOperation(f"Unknown operation: {(target or f'{request.method} {request.path}')[:256]}")


def _text(request: Request) -> str:
    return request.body[:65536].decode("latin-1") if isinstance(request.body, bytes) else ""
