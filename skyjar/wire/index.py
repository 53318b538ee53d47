"""The index over all services: what can be known about each without loading its model.

`python -m skyjar.wire.index` writes `data/services.json` from the installed botocore; a test says when it is stale.
"""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import orjson

FILE = Path(__file__).with_name("data") / "services.json"

# Signing names and endpoint prefixes under which clients also reach a service.
ALIASES: dict[str, tuple[str, ...]] = {
    "execute-api": ("apigatewaymanagementapi",),
    "s3-outposts": ("s3outposts", "s3control", "s3"),
    "s3-object-lambda": ("s3",),
    "s3express": ("s3",),
    "email": ("ses", "sesv2"),
    "monitoring": ("cloudwatch",),
    "states": ("stepfunctions",),
}


@cache
def data_root() -> Path:
    """botocore's data folder, found without importing botocore."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or spec.origin is None:
        raise RuntimeError("botocore is not installed: Skyjar reads its service models")
    return Path(spec.origin).with_name("data")


def model_path(name: str, version: str) -> Path:
    """The model file of a service, packed or not."""
    folder = data_root() / name / version
    packed = folder / "service-2.json.gz"
    return packed if packed.exists() else folder / "service-2.json"


def read_model(name: str, version: str) -> bytes:
    path = model_path(name, version)
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def describe(name: str, version: str) -> dict[str, Any]:
    meta = orjson.loads(read_model(name, version))["metadata"]
    protocols = list(meta.get("protocols") or [meta["protocol"]])
    if "awsQueryCompatible" in meta and "query" not in protocols:
        protocols.append("query")
    found = {
        "version": version,
        "api": meta["apiVersion"],
        "id": meta["serviceId"],
        "endpoint": meta["endpointPrefix"],
        "signing": meta.get("signingName") or meta["endpointPrefix"],
        "protocol": meta["protocol"],
        "protocols": protocols,
        "target": meta.get("targetPrefix"),
        "json": meta.get("jsonVersion"),
        "xmlns": meta.get("xmlNamespace"),
        "compatible": "awsQueryCompatible" in meta or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def build() -> dict[str, Any]:
    """The index of the installed botocore: for each service its newest API version."""
    services: dict[str, Any] = {}
    for folder in sorted(data_root().iterdir()):
        versions = sorted(v.name for v in folder.iterdir()) if folder.is_dir() else []
        versions = [v for v in versions if model_path(folder.name, v).exists()]
        if versions:
            services[folder.name] = describe(folder.name, versions[-1])
    return services


def render(services: dict[str, Any]) -> bytes:
    lines = [f"{orjson.dumps(name).decode()}: {orjson.dumps(entry).decode()}" for name, entry in services.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


@cache
def entries() -> dict[str, dict[str, Any]]:
    """Service name -> its index entry."""
    found: dict[str, dict[str, Any]] = orjson.loads(FILE.read_bytes())
    return found


def _group(keys: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, list[str]] = {}
    for key, name in keys:
        grouped.setdefault(key, []).append(name)
    return {key: tuple(dict.fromkeys(names)) for key, names in grouped.items()}


@cache
def by_signing_name() -> dict[str, tuple[str, ...]]:
    """Signing name -> candidate services; the one named alike comes first."""
    pairs = [(entry["signing"], name) for name, entry in entries().items()]
    pairs += [(key, name) for key, names in ALIASES.items() for name in names]
    return _group(sorted(pairs, key=lambda pair: (pair[0] != pair[1], pair[1] not in ALIASES.get(pair[0], ()))))


@cache
def by_endpoint_prefix() -> dict[str, tuple[str, ...]]:
    """Endpoint prefix -> candidate services."""
    pairs = [(entry["endpoint"], name) for name, entry in entries().items()]
    pairs += [(key, name) for key, names in ALIASES.items() for name in names]
    return _group(sorted(pairs, key=lambda pair: pair[0] != pair[1]))


@cache
def by_target() -> dict[str, tuple[str, ...]]:
    """X-Amz-Target prefix -> services. Of CloudTrail's long one SDKs that are not made of botocore's model send the last part."""
    pairs = [(entry["target"], name) for name, entry in entries().items() if "target" in entry]
    short = [(target.rpartition(".")[2], name) for target, name in pairs if "." in target]
    return _group(sorted((*pairs, *short), key=lambda pair: pair[0].lower() != pair[1]))


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(render(build()))


if __name__ == "__main__":
    main()
