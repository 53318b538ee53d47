"""botocore's service models, as Skyjar reads them.

Only what serialisation needs is decoded (documentation is skipped, not stored), and only for services in use. Shapes are
kept for the services used last; operations are small and stay. Codecs compile shapes into closures and drop them.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import cache
from typing import Any

import msgspec
import orjson

from skyjar.wire import index

MODELS_KEPT = 3


class Ref(msgspec.Struct, rename="camel", gc=False):
    """A member's reference to a shape, with traits that override the shape's own."""

    shape: str
    location: str | None = None
    location_name: str | None = None
    query_name: str | None = None
    flattened: bool | None = None
    streaming: bool | None = None
    timestamp_format: str | None = None
    xml_namespace: Any = None
    xml_attribute: bool | None = None
    jsonvalue: bool | None = None
    host_label: bool | None = None
    idempotency_token: bool | None = None
    eventpayload: bool | None = None
    eventheader: bool | None = None
    enum: list[str] | None = None
    result_wrapper: str | None = None


class Raw(msgspec.Struct, rename="camel"):
    """A shape as the model has it."""

    type: str
    members: dict[str, Ref] | None = None
    member: Ref | None = None
    key: Ref | None = None
    value: Ref | None = None
    required: list[str] | None = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    enum: list[str] | None = None
    payload: str | None = None
    location_name: str | None = None
    flattened: bool | None = None
    streaming: bool | None = None
    sparse: bool | None = None
    document: bool | None = None
    union: bool | None = None
    timestamp_format: str | None = None
    xml_namespace: Any = None
    event: bool | None = None
    eventstream: bool | None = None
    exception: bool | None = None
    fault: bool | None = None
    error: dict[str, Any] | None = None
    sensitive: bool | None = None


class Http(msgspec.Struct, rename="camel", gc=False):
    method: str = "POST"
    request_uri: str = "/"
    response_code: int = 200


class RawOperation(msgspec.Struct):
    http: Http
    input: Ref | None = None
    output: Ref | None = None
    errors: list[Ref] = []
    authtype: str | None = None
    auth: list[str] | None = None
    endpoint: dict[str, str] | None = None
    deprecated: bool = False


class RawModel(msgspec.Struct):
    metadata: dict[str, Any]
    operations: dict[str, RawOperation]
    shapes: dict[str, Raw]


class Shape:
    """A shape where it is used: its own traits, overridden by those of the reference to it."""

    __slots__ = ("_members", "_raw", "_ref", "_shapes", "name", "type")

    def __init__(self, shapes: dict[str, Raw], ref: Ref) -> None:
        self._shapes = shapes
        self._ref = ref
        self._raw = shapes[ref.shape]
        self._members: dict[str, Shape] | None = None
        self.name = ref.shape
        self.type = self._raw.type

    def trait(self, name: str) -> Any:
        """The trait's value: the reference's, else the shape's, else None."""
        found = getattr(self._ref, name, None)
        return found if found is not None else getattr(self._raw, name, None)

    @property
    def members(self) -> dict[str, Shape]:
        if self._members is None:
            raw = self._raw.members or {}
            self._members = {name: Shape(self._shapes, ref) for name, ref in raw.items()}
        return self._members

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self._raw.required or ())

    def _child(self, ref: Ref | None) -> Shape:
        assert ref is not None, f"{self.name} is a {self.type}"
        return Shape(self._shapes, ref)

    @property
    def member(self) -> Shape:
        return self._child(self._raw.member)

    @property
    def key(self) -> Shape:
        return self._child(self._raw.key)

    @property
    def value(self) -> Shape:
        return self._child(self._raw.value)

    @property
    def wire_name(self) -> str | None:
        """`locationName`, when there is one."""
        found: str | None = self.trait("location_name")
        return found

    @property
    def location(self) -> str | None:
        return self._ref.location

    @property
    def payload(self) -> str | None:
        return self._raw.payload

    @property
    def enum(self) -> tuple[str, ...]:
        return tuple(self.trait("enum") or ())

    @property
    def error(self) -> dict[str, Any]:
        return self._raw.error or {}

    def __repr__(self) -> str:
        return f"Shape({self.name}: {self.type})"


class OperationModel:
    """One operation. `snake` is boto3's name for it; `streaming_*` name the member whose bytes are the body."""

    __slots__ = ("_raw", "auth", "error_names", "host_prefix", "http", "name", "service", "snake")

    def __init__(self, service: ServiceModel, name: str, raw: RawOperation) -> None:
        self.service = service
        self._raw = raw
        self.name = name
        self.snake = snake(name)
        self.http = raw.http
        self.error_names = tuple(ref.shape for ref in raw.errors)
        self.auth = "none" if raw.authtype == "none" or raw.auth == ["smithy.api#noAuth"] else (raw.authtype or "v4")
        self.host_prefix = (raw.endpoint or {}).get("hostPrefix")

    @property
    def input_ref(self) -> Ref | None:
        return self._raw.input

    @property
    def deprecated(self) -> bool:
        return self._raw.deprecated

    @property
    def input_shape(self) -> Shape | None:
        return self.service.shape_of(self._raw.input) if self._raw.input else None

    @property
    def output_shape(self) -> Shape | None:
        return self.service.shape_of(self._raw.output) if self._raw.output else None

    @property
    def result_wrapper(self) -> str | None:
        return self._raw.output.result_wrapper if self._raw.output else None

    @property
    def errors(self) -> list[Shape]:
        return [self.service.shape(name) for name in self.error_names]

    @property
    def streaming_input(self) -> str | None:
        return _streaming(self.input_shape)

    @property
    def streaming_output(self) -> str | None:
        return _streaming(self.output_shape)

    @property
    def event_stream_input(self) -> str | None:
        return _event_stream(self.input_shape)

    @property
    def event_stream_output(self) -> str | None:
        return _event_stream(self.output_shape)

    def __repr__(self) -> str:
        return f"{self.service.name}.{self.name}"


def _streaming(shape: Shape | None) -> str | None:
    if shape is None or shape.payload is None:
        return None
    return shape.payload if shape.members[shape.payload].type in ("blob", "string") else None


def _event_stream(shape: Shape | None) -> str | None:
    members = shape.members if shape else {}
    return next((name for name, member in members.items() if member.trait("eventstream")), None)


class ServiceModel:
    """One service. Attributes come from the index; operations and shapes load the model on first use."""

    def __init__(self, name: str, entry: dict[str, Any]) -> None:
        self.name = name
        self.version: str = entry["version"]
        self.api_version: str = entry["api"]
        self.service_id: str = entry["id"]
        self.endpoint_prefix: str = entry["endpoint"]
        self.signing_name: str = entry["signing"]
        self.protocol: str = entry["protocol"]
        self.protocols: tuple[str, ...] = tuple(entry["protocols"])
        self.target_prefix: str | None = entry.get("target")
        self.json_version: str | None = entry.get("json")
        self.xml_namespace: str | None = entry.get("xmlns")
        self.query_compatible: bool = entry.get("compatible", False)
        self._raw_operations: dict[str, RawOperation] = {}
        self._operations: dict[str, OperationModel] = {}
        self._error_names: dict[str, str] | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        return load(self.name).metadata

    @property
    def operations(self) -> tuple[str, ...]:
        """All operation names, as AWS spells them."""
        return tuple(self._headers())

    def _headers(self) -> dict[str, RawOperation]:
        if not self._raw_operations:
            self._raw_operations = load(self.name).operations
        return self._raw_operations

    def operation(self, name: str) -> OperationModel:
        """KeyError when there is no such operation."""
        found = self._operations.get(name)
        if found is None:
            found = self._operations[name] = OperationModel(self, name, self._headers()[name])
        return found

    def shape(self, name: str) -> Shape:
        return Shape(load(self.name).shapes, Ref(name))

    def shape_of(self, ref: Ref) -> Shape:
        return Shape(load(self.name).shapes, ref)

    def error_shape(self, code: str) -> str | None:
        """The error shape for a code, which is the shape's name or the code it is known by on the wire."""
        if self._error_names is None:
            self._error_names = _error_names(load(self.name).shapes)
            self._error_names.update({code: name for name, code in amendments(self.name).get("errors", {}).items()})
        return self._error_names.get(code)

    def query_code(self, shape: Shape) -> str:
        """The code of an error in the query protocol, and in the header that repeats it elsewhere."""
        found: str = amendments(self.name).get("errors", {}).get(shape.name) or shape.error.get("code", shape.name)
        return found

    def __repr__(self) -> str:
        return f"ServiceModel({self.name})"


def _error_names(shapes: dict[str, Raw]) -> dict[str, str]:
    names: dict[str, str] = {}
    for name, raw in shapes.items():
        if raw.exception:
            names[name] = name
            names.setdefault((raw.error or {}).get("code", name), name)
    return names


@cache
def amendments(name: str) -> dict[str, Any]:
    """What a model that moved to JSON has lost of its query protocol: `shapes` with their elements, `errors` with their
    codes. From `data/query_<service>.json`."""
    path = index.FILE.with_name(f"query_{name}.json")
    found: dict[str, Any] = orjson.loads(path.read_bytes()) if path.exists() else {}
    return found


_models: OrderedDict[str, RawModel] = OrderedDict()


def load(name: str) -> RawModel:
    """A service's model; the ones used last are kept."""
    found = _models.get(name)
    if found is None:
        data = index.read_model(name, index.entries()[name]["version"])
        found = msgspec.json.decode(data, type=RawModel)
        _merge_extras(name, found)
        _models[name] = found
        while len(_models) > MODELS_KEPT:
            _models.popitem(last=False)
    else:
        _models.move_to_end(name)
    return found


def _merge_extras(name: str, model: RawModel) -> None:
    """botocore's own amendments (`service-2.sdk-extras.json`): they replace or add shapes and members."""
    path = index.data_root() / name / index.entries()[name]["version"] / "service-2.sdk-extras.json"
    if not path.exists():
        return
    merge = orjson.loads(path.read_bytes()).get("merge", {})
    for shape, change in merge.get("shapes", {}).items():
        known = model.shapes.get(shape)
        patch = msgspec.convert({"type": known.type if known else "structure", **change}, Raw)
        if known is None:
            model.shapes[shape] = patch
        elif known.members is not None:
            known.members.update(patch.members or {})
        else:
            model.shapes[shape] = patch


@cache
def service(name: str) -> ServiceModel:
    """The service whose botocore folder has this name. KeyError when there is none."""
    return ServiceModel(name, index.entries()[name])


def find_target(prefix: str) -> str | None:
    """The service of an X-Amz-Target prefix, such as "AmazonSQS"."""
    found = index.by_target().get(prefix)
    return found[0] if found else None


_PLURAL_ACRONYM = re.compile("[A-Z]{2,}s$")
_FIRST_CAP = re.compile("(.)([A-Z][a-z]+)")
_END_CAP = re.compile("([a-z0-9])([A-Z])")


@cache
def _special_names() -> dict[str, str]:
    """Names that the rules of `snake` get wrong, as boto3 spells them."""
    found: dict[str, str] = orjson.loads(index.FILE.with_name("names.json").read_bytes())
    return found


@cache
def snake(name: str) -> str:
    """boto3's spelling of an operation or member: `CreateDBInstance` -> `create_db_instance`."""
    if "_" in name:
        return name
    special = _special_names().get(name)
    if special is not None:
        return special
    plural = _PLURAL_ACRONYM.search(name)
    if plural is not None:
        name = f"{name[: plural.start()]}_{plural.group().lower()}"
    return _END_CAP.sub(r"\1_\2", _FIRST_CAP.sub(r"\1_\2", name)).lower()
