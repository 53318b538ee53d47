"""The table that a restore makes: as its source was in keys and indexes, without its settings, tags, stream and policy; and what may be
overridden of it.

Source of the sentences: ack-api-quirks, findings DDB-TABLE-084, 100, 219, 272, 273, 280 and 442."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call

from . import definitions, encryption, on_demand, quotas, schemas, state
from .errors import TableAlreadyExistsException, TableInUseException, ValidationException
from .state import Definition, IndexDefinition


def wrong(sentence: str) -> ValidationException:
    return ValidationException(f"Invalid Request: {sentence}")


class Overrides(msgspec.Struct, frozen=True):
    """None is what the source has."""

    billing: str | None
    units: dict[str, int] | None
    maxima: dict[str, int] | None
    global_indexes: list[dict[str, Any]] | None
    local_indexes: list[dict[str, Any]] | None
    encryption: dict[str, Any] | None


def target(call: Call, name: str, source: Definition, overrides: Overrides) -> Definition:
    definitions.check_table_name(name)
    key_id = encryption.wanted(overrides.encryption)
    mode = overrides.billing or source.billing
    _check(overrides, mode)
    _check_free(call, name)
    is_provisioned = mode == "PROVISIONED"
    read, write = source.read_units, source.write_units
    if overrides.units is not None:
        read, write = definitions.throughput(overrides.units, mode)
    indexes: list[IndexDefinition] = _indexes(call, source, overrides, is_provisioned)
    maxima = on_demand.maxima(overrides.maxima, mode) if overrides.maxima else (0, 0)
    used = {source.hash, source.range, *(each for index in indexes for each in index.key_names)}
    made = Definition(
        name=name,
        id=call.new_id(),
        space=call.chance.hex(12),
        created_s=call.now,
        types={attribute: kind for attribute, kind in source.types.items() if attribute in used},
        hash=source.hash,
        range=source.range,
        indexes=tuple(indexes),
        billing=mode,
        on_demand_since_s=0.0 if is_provisioned else call.now,
        read_units=read if is_provisioned else 0,
        write_units=write if is_provisioned else 0,
        max_reads=maxima[0],
        max_writes=maxima[1],
        status="CREATING",
        kms_key=source.kms_key,
        data_keys=source.data_keys,
        sealing=source.sealing,
    )
    quotas.check_tables(call)
    quotas.check_throughput(call, made)
    return made if key_id is None else encryption.changed(call, made, key_id)


def _check(overrides: Overrides, mode: str) -> None:
    if overrides.units is not None and mode != "PROVISIONED":
        if overrides.billing is not None:
            raise wrong("Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST")
        raise wrong("Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED")
    if overrides.billing == "PROVISIONED" and overrides.units is None:
        raise wrong("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED")
    if overrides.maxima and mode != "PAY_PER_REQUEST":
        member = next(iter(overrides.maxima))
        raise wrong(f"Cannot override {member} for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST")


def _check_free(call: Call, name: str) -> None:
    there = state.tables.get(call, name)
    if there is None:
        return
    if there.status == "CREATING" and there.restored is not None:
        origin = there.restored.backup or schemas.arn_of(call, name)
        raise TableInUseException(f"Table: {name} is already being restored from backup: {origin}")
    raise TableAlreadyExistsException(f"Table already exists: {name}")


def _indexes(call: Call, source: Definition, overrides: Overrides, is_provisioned: bool) -> list[IndexDefinition]:
    """Those that are named, or all where none are. One that is named is known by its keys and projection, and may be renamed."""
    found = []
    for is_global, several in ((False, overrides.local_indexes), (True, overrides.global_indexes)):
        there = [index for index in source.indexes if index.is_global is is_global]
        if several is None:
            found += [(index, None) for index in there]
            continue
        for given in several:
            plain = {name: value for name, value in given.items() if name != "ProvisionedThroughput"}
            asked = definitions.index(plain, "", is_global, False)
            same = next((index for index in there if _kind(index) == _kind(asked)), None)
            if same is None:
                raise wrong(
                    f"Index {asked.name} does not match a secondary index that existed in the source table and cannot be created "
                    "during the restore operation"
                )
            found.append((state.replace(same, name=asked.name), given.get("ProvisionedThroughput")))
    return [_index(call, index, bought, is_provisioned) for index, bought in found]


def _kind(index: IndexDefinition) -> tuple[Any, ...]:
    return index.hashes, index.ranges, index.projection, sorted(index.non_key)


def _index(call: Call, index: IndexDefinition, bought: dict[str, int] | None, is_provisioned: bool) -> IndexDefinition:
    units = (index.read_units, index.write_units) if is_provisioned else (0, 0)
    if index.is_global and bought is not None:
        if not is_provisioned:
            raise wrong(
                f"Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index {index.name}"
            )
        units = definitions.index_throughput(index.name, bought, is_provisioned)
    elif index.is_global and is_provisioned and not all(units):
        raise wrong(f"Must specify provisioned throughput for index {index.name}")
    made = {"space": call.chance.hex(12), "status": "ACTIVE", "read_units": units[0], "write_units": units[1]}
    return state.replace(index, **made)
