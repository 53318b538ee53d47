"""Creating, showing, changing and deleting functions."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At, Table
from skyjar.runtime.invocations import Retire

from . import configuration, execution, names, paging, state, uploads
from .errors import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
)
from .state import Function, Version


@operation
def create_function(
    call: Call,
    *,
    function_name: str,
    role: str,
    code: dict[str, Any],
    runtime: str | None = None,
    handler: str | None = None,
    description: str | None = None,
    timeout: int | None = None,
    memory_size: int | None = None,
    publish: bool = False,
    vpc_config: dict[str, Any] | None = None,
    package_type: str = "Zip",
    dead_letter_config: dict[str, Any] | None = None,
    environment: dict[str, Any] | None = None,
    kms_key_arn: str | None = None,
    tracing_config: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
    layers: list[str] | None = None,
    file_system_configs: list[Any] | None = None,
    code_signing_config_arn: str | None = None,
    architectures: list[str] | None = None,
    ephemeral_storage: dict[str, Any] | None = None,
    snap_start: dict[str, Any] | None = None,
    logging_config: dict[str, Any] | None = None,
) -> Outside:
    if package_type == "Image":
        code = {"ImageUri": code.get("ImageUri", "none"), **code}
    given = {
        "runtime": runtime,
        "role": role,
        "handler": handler,
        "description": description,
        "timeout": timeout,
        "memory_size": memory_size,
        "vpc_config": vpc_config,
        "dead_letter_config": dead_letter_config,
        "environment": environment,
        "kms_key_arn": kms_key_arn,
        "tracing_config": tracing_config,
        "layers": layers,
        "file_system_configs": file_system_configs,
        "code_signing_config_arn": code_signing_config_arn,
        "architectures": architectures,
        "ephemeral_storage": ephemeral_storage,
        "snap_start": snap_start,
        "logging_config": logging_config,
    }
    name = _new_name(call, function_name)
    configuration.read(call, call, given)
    execution.check_role(call, role, name)

    def create(call: Call, package: dict[str, Any]) -> dict[str, Any]:
        _new_name(call, function_name)
        version = Version(
            name=name,
            number=0,
            arn=names.arn_of(call.account, call.region, name),
            revision=call.new_id(),
            modified=configuration.stamp(call.now),
            **package,
            **configuration.read(call, call, given),
        )
        configuration.check(version)
        function = Function(name=name, tags=tags or {})
        state.functions.add(call, function)
        state.versions.add(call, version)
        if not publish:
            return configuration.creating(version)
        return configuration.creating(publish_latest(call, call, function, version))

    return uploads.unpacked(call, code, "CreateFunction", create)


def _new_name(call: Call, given: str) -> str:
    reference = names.read(call.account, call.region, given)
    if reference.qualifier or reference.account != call.account:
        raise InvalidParameterValueException(f"The function name {given} is not valid for a new function.")
    if state.functions.get(call, reference.name) is not None:
        raise ResourceConflictException(f"Function already exist: {reference.name}")
    return reference.name


def publish_latest(call: Call, at: At, function: Function, version: Version, description: str | None = None) -> Version:
    """Make $LATEST a numbered version, unless the last one is the same."""
    before = state.versions.get(at, function.name, function.next_number - 1) if function.next_number > 1 else None
    if before is not None and _same(before, version):
        return before
    changes: dict[str, Any] = {"number": function.next_number, "revision": call.new_id()}
    if description is not None:
        changes["description"] = description
    published: Version = state.replace(version, **changes)
    state.versions.add(at, published)
    state.functions.put(at, state.replace(function, next_number=function.next_number + 1))
    return published


def _same(published: Version, latest: Version) -> bool:
    mine = ("number", "revision", "modified", "description", "download")
    alike = state.replace(latest, **{name: getattr(published, name) for name in mine})
    return bool(alike == published)


@operation
def get_function(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    at, reference, version = state.find(call, function_name, qualifier)
    function = state.functions.get(at, version.name)
    location = f"{call.endpoint}/_aws/lambda/code/{at.account}/{at.region}/{version.name}/{version.number}"
    shown: dict[str, Any] = {
        "Configuration": configuration.show(version, reference.arn if reference.qualifier else ""),
        "Code": {"RepositoryType": "S3", "Location": f"{location}/{version.download}"},
    }
    if function is not None and function.tags:
        shown["Tags"] = function.tags
    if function is not None and function.reserved >= 0:
        shown["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return shown


@operation
def get_function_configuration(call: Call, *, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    _, reference, version = state.find(call, function_name, qualifier)
    return configuration.show(version, reference.arn if reference.qualifier else "")


@operation
def list_functions(
    call: Call,
    *,
    function_version: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
    master_region: str | None = None,
) -> dict[str, Any]:
    if function_version == "ALL":
        everything = state.versions.range(call)
        key = lambda version: f"{version.name}\n{version.number:020}"  # noqa: E731
    else:
        everything = [state.latest(call, function.name) for function in state.functions.range(call)]
        key = lambda version: version.name  # noqa: E731
    page, after = paging.page(everything, key, marker, max_items)
    shown = [
        configuration.show(version, "" if version.number or function_version != "ALL" else f"{version.arn}:$LATEST")
        for version in page
    ]
    return {"Functions": [_brief(each) for each in shown]} | ({"NextMarker": after} if after else {})


def _brief(shown: dict[str, Any]) -> dict[str, Any]:
    """Lists leave out the state."""
    return {name: value for name, value in shown.items() if name not in ("State", "LastUpdateStatus")}


@operation
def list_versions_by_function(
    call: Call, *, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    everything = state.versions.range(at, function.name)
    page, after = paging.page(everything, lambda version: f"{version.number:020}", marker, max_items)
    shown = [_brief(configuration.show(each, f"{each.arn}:{each.qualifier}")) for each in page]
    return {"Versions": shown} | ({"NextMarker": after} if after else {})


@operation
def publish_version(
    call: Call,
    *,
    function_name: str,
    code_sha256: str | None = None,
    description: str | None = None,
    revision_id: str | None = None,
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    version = state.latest(at, function.name)
    _check_revision(version, revision_id)
    if code_sha256 and code_sha256 != version.code_sha256:
        raise InvalidParameterValueException(
            f"CodeSHA256 ({code_sha256}) is different from current CodeSHA256 in $LATEST ({version.code_sha256}). Please "
            "try again with the CodeSHA256 in $LATEST."
        )
    return configuration.show(publish_latest(call, at, function, version, description))


@operation
def update_function_code(
    call: Call,
    *,
    function_name: str,
    zip_file: bytes | None = None,
    s3_bucket: str | None = None,
    s3_key: str | None = None,
    s3_object_version: str | None = None,
    image_uri: str | None = None,
    architectures: list[str] | None = None,
    publish: bool = False,
    dry_run: bool = False,
    revision_id: str | None = None,
) -> Outside:
    at, function = state.head(call, function_name)
    _check_revision(state.latest(at, function.name), revision_id)
    code = {
        "ZipFile": zip_file,
        "S3Bucket": s3_bucket,
        "S3Key": s3_key,
        "S3ObjectVersion": s3_object_version,
        "ImageUri": image_uri,
    }

    def update(call: Call, package: dict[str, Any]) -> dict[str, Any]:
        at, function = state.head(call, function_name)
        old = state.latest(at, function.name)
        _check_revision(old, revision_id)
        fields = configuration.read(call, at, {"architectures": architectures})
        new = _changed(call, old, package | fields)
        if dry_run:
            return configuration.show(new)
        state.versions.replace(at, old, new)
        if publish:
            return configuration.updating(publish_latest(call, at, function, new))
        return configuration.updating(new)

    return uploads.unpacked(call, code, "UpdateFunctionCode", update)


@operation
def update_function_configuration(
    call: Call,
    *,
    function_name: str,
    role: str | None = None,
    handler: str | None = None,
    description: str | None = None,
    timeout: int | None = None,
    memory_size: int | None = None,
    vpc_config: dict[str, Any] | None = None,
    environment: dict[str, Any] | None = None,
    runtime: str | None = None,
    dead_letter_config: dict[str, Any] | None = None,
    kms_key_arn: str | None = None,
    tracing_config: dict[str, Any] | None = None,
    revision_id: str | None = None,
    layers: list[str] | None = None,
    file_system_configs: list[Any] | None = None,
    ephemeral_storage: dict[str, Any] | None = None,
    snap_start: dict[str, Any] | None = None,
    logging_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    old = state.latest(at, function.name)
    _check_revision(old, revision_id)
    given = {
        "role": role,
        "handler": handler,
        "description": description,
        "timeout": timeout,
        "memory_size": memory_size,
        "vpc_config": vpc_config,
        "environment": environment,
        "runtime": runtime,
        "dead_letter_config": dead_letter_config,
        "kms_key_arn": kms_key_arn,
        "tracing_config": tracing_config,
        "layers": layers,
        "file_system_configs": file_system_configs,
        "ephemeral_storage": ephemeral_storage,
        "snap_start": snap_start,
        "logging_config": logging_config,
    }
    new = _changed(call, old, configuration.read(call, at, given))
    if role is not None:
        execution.check_role(call, role, function.name)
    state.versions.replace(at, old, new)
    return configuration.updating(new)


def _changed(call: Call, old: Version, fields: dict[str, Any]) -> Version:
    new: Version = state.replace(old, **fields, revision=call.new_id(), modified=configuration.stamp(call.now))
    configuration.check(new)
    return new


def _check_revision(version: Version, wanted: str | None) -> None:
    if wanted and wanted != version.revision:
        raise PreconditionFailedException


@operation
def delete_function(call: Call, *, function_name: str, qualifier: str | None = None) -> Outside:
    at, reference = state.refer(call, function_name, qualifier)
    function = state.functions.get(at, reference.name)
    if function is None:
        raise state.missing(reference)
    if reference.qualifier:
        _delete_version(at, reference)
    else:
        _delete_whole(call, at, function)
    arn = names.arn_of(at.account, at.region, function.name)
    return Outside(Retire(arn), lambda call, _: {"StatusCode": 204})


def _delete_version(at: At, reference: names.Reference) -> None:
    number = state.number_of(reference.qualifier)
    if number is None:
        raise InvalidParameterValueException("Deletion of aliases is not currently supported.")
    if number == 0:
        raise InvalidParameterValueException("$LATEST version cannot be deleted without deleting the function.")
    for alias in state.aliases.range(at, reference.name):
        if reference.qualifier in (alias.version, *(version for version, _ in alias.weights)):
            raise ResourceConflictException(
                f"Unable to delete version because the following aliases reference it: [{alias.name}]"
            )
    state.versions.delete(at, reference.name, number)
    state.provisioned.delete(at, reference.name, reference.qualifier)


def _delete_whole(call: Call, at: At, function: Function) -> None:
    name = function.name
    tables: tuple[Table[Any], ...] = (
        state.versions,
        state.aliases,
        state.policies,
        state.event_configs,
        state.provisioned,
    )
    for table in tables:
        for record in table.range(at, name):
            table.remove(at, record)
    if function.reserved > 0:
        state.reservations.put(at, state.Reservation(name="all", total=state.reserved_total(at) - function.reserved))
    state.functions.remove(at, function)
