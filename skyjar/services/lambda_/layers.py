"""Layers: versioned archives that functions see under /opt."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import operation

from . import configuration, paging, state, uploads
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .state import LayerName, LayerVersion

_ARN = re.compile(
    r"^arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[A-Za-z0-9_-]+)(?::(?P<number>\d+))?$"
)


@operation
def publish_layer_version(
    call: Call,
    *,
    layer_name: str,
    content: dict[str, Any],
    description: str = "",
    compatible_architectures: list[str] | None = None,
    compatible_runtimes: list[str] | None = None,
    license_info: str = "",
) -> Outside:
    name = _name(call, layer_name)

    def publish(call: Call, package: dict[str, Any]) -> dict[str, Any]:
        head = state.layer_names.get(call, name) or LayerName(name=name)
        layer = LayerVersion(
            name=name,
            number=head.next_number,
            created=configuration.stamp(call.now),
            description=description,
            license=license_info,
            runtimes=tuple(compatible_runtimes or ()),
            architectures=tuple(compatible_architectures or ()),
            **package,
        )
        state.layer_names.put(call, state.replace(head, next_number=head.next_number + 1))
        state.layers.add(call, layer)
        return _show_with_content(call, layer)

    return uploads.unpacked(call, content, "PublishLayerVersion", publish)


def _name(call: Call, given: str) -> str:
    """The name of a layer of this account and region, which may be given as an ARN."""
    if not given.startswith("arn:"):
        return given
    match = _ARN.match(given)
    if match is None:
        raise InvalidParameterValueException(f"Invalid layer arn: {given}")
    if (match["account"], match["region"]) != (call.account, call.region):
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return match["name"]


@operation
def get_layer_version(call: Call, *, layer_name: str, version_number: int) -> dict[str, Any]:
    layer = state.layers.get(call, _name(call, layer_name), version_number)
    if layer is None:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return _show_with_content(call, layer)


@operation
def get_layer_version_by_arn(call: Call, *, arn: str) -> dict[str, Any]:
    match = _ARN.match(arn)
    if match is None or not match["number"]:
        raise InvalidParameterValueException(f"Invalid layer arn: {arn}")
    return get_layer_version(call, layer_name=arn.rpartition(":")[0], version_number=int(match["number"]))


@operation
def list_layer_versions(
    call: Call,
    *,
    layer_name: str,
    compatible_architecture: str | None = None,
    compatible_runtime: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    found = [
        layer
        for layer in state.layers.range(call, _name(call, layer_name))
        if _fits(layer, compatible_architecture, compatible_runtime)
    ]
    page, after = paging.page(found, lambda layer: f"{10**9 - layer.number:010}", marker, max_items)
    return {"LayerVersions": [_show(call, layer) for layer in page]} | ({"NextMarker": after} if after else {})


@operation
def list_layers(
    call: Call,
    *,
    compatible_architecture: str | None = None,
    compatible_runtime: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    newest: dict[str, LayerVersion] = {}
    for layer in state.layers.range(call):
        if _fits(layer, compatible_architecture, compatible_runtime):
            newest[layer.name] = layer
    page, after = paging.page(list(newest.values()), lambda layer: layer.name, marker, max_items)
    shown = [
        {"LayerName": layer.name, "LayerArn": _arn(call, layer.name), "LatestMatchingVersion": _show(call, layer)}
        for layer in page
    ]
    return {"Layers": shown} | ({"NextMarker": after} if after else {})


def _fits(layer: LayerVersion, architecture: str | None, runtime: str | None) -> bool:
    return (architecture is None or architecture in layer.architectures) and (
        runtime is None or runtime in layer.runtimes
    )


@operation
def delete_layer_version(call: Call, *, layer_name: str, version_number: int) -> None:
    """Functions that use it go on doing so. Deleting what is not there succeeds, as on AWS."""
    state.layers.delete(call, _name(call, layer_name), version_number)


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:lambda:{call.region}:{call.account}:layer:{name}"


def _show(call: Call, layer: LayerVersion) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LayerVersionArn": f"{_arn(call, layer.name)}:{layer.number}",
        "Version": layer.number,
        "Description": layer.description,
        "CreatedDate": layer.created,
    }
    if layer.runtimes:
        shown["CompatibleRuntimes"] = list(layer.runtimes)
    if layer.architectures:
        shown["CompatibleArchitectures"] = list(layer.architectures)
    if layer.license:
        shown["LicenseInfo"] = layer.license
    return shown


def _show_with_content(call: Call, layer: LayerVersion) -> dict[str, Any]:
    root = f"{call.endpoint}/_aws/lambda/layer/{call.account}/{call.region}/{layer.name}/{layer.number}"
    return {
        **_show(call, layer),
        "LayerArn": _arn(call, layer.name),
        "Content": {
            "Location": f"{root}/{layer.download}",
            "CodeSha256": layer.code_sha256,
            "CodeSize": layer.code_size,
        },
    }
