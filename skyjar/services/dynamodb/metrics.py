"""AWS/DynamoDB: what tables tell CloudWatch. Source: DynamoDB Developer Guide, "DynamoDB metrics and dimensions".

Consumed units are added up in the table's schema, which is at hand in memory: every request has some.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Dimensions, Ended, Gauge, Tallies, Tally

from . import state, usage
from .schemas import Schema

NAMESPACE = "AWS/DynamoDB"
EVERY_S = 300
IDLE_S = 6 * 3600  # our own: AWS says what is provisioned for ever
READ = ("ConsumedReadCapacityUnits", "Count")
WRITE = ("ConsumedWriteCapacityUnits", "Count")
RETURNED = ("ReturnedItemCount", "Count")
THROTTLED = ("ThrottledRequests", "Count")
FAILED_CHECKS = ("ConditionalCheckFailedRequests", "Count")
CONFLICTS = ("TransactionConflict", "Count")
USER_ERRORS = ("UserErrors", "Count")
_THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
_OPERATIONS = {
    "get_item": "GetItem",
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "delete_item": "DeleteItem",
    "query": "Query",
    "scan": "Scan",
}


def consumed(call: Call, schema: Schema, read: float, write: float, indexes: dict[str, float] | None) -> None:
    """The units that a request took of a table, and of its global indexes; those of local ones are the table's. A write
    counts once its transaction is in."""
    is_write = bool(write)  # a query of an index reads nothing of the table
    units = write or read
    for index in schema.indexes if indexes else ():
        taken = indexes.get(index.name, 0.0) if indexes else 0.0
        if index.is_global and taken:
            own = ("TableName", schema.name), ("GlobalSecondaryIndexName", index.name)
            call.count(NAMESPACE, own, (WRITE if is_write else READ)[0], "Count", taken)
            usage.taken_of_index(call, schema, taken, is_write=is_write)
        else:
            units += taken
    if units and is_write:
        written(call, schema, units)
    elif units:
        was_read(call, schema, units)


def was_read(call: Call, schema: Schema, units: float) -> None:
    if not schema.is_told:
        _begin(call, schema)
    read = schema.read
    read[units] = read.get(units, 0.0) + 1.0


def written(call: Call, schema: Schema, units: float) -> None:
    """Nothing that is left behind here leads back to the call, which would wait for the collector."""
    if not schema.is_told:
        _begin(call, schema)
    call.tx.after_commit.append(schema.count_write if units == 1.0 else partial(schema.count_write, units))


def failed(call: Call, schema: Schema, units: float) -> None:
    """What a write took that came to nothing."""
    if not schema.is_told:
        _begin(call, schema)
    schema.count_write(units)


def _begin(call: Call, schema: Schema) -> None:
    schema.is_told = True
    call.tallies.pull(call.now, partial(_pulled, schema, call.account, call.region))


def _pulled(schema: Schema, account: str, region: str, tallies: Tallies, at: float) -> None:
    usage.taken(schema, account, region, tallies, at, {"Read": schema.read, "Write": schema.written})
    tally = tallies.of(account, region, at, NAMESPACE, (("TableName", schema.name),))
    for name, units in ((READ, schema.read), (WRITE, schema.written)):
        told = tally.told.setdefault(name, {}) if units else {}
        for taken, times in units.items():
            told[taken] = told.get(taken, 0.0) + times
        units.clear()
    schema.is_told = False
    if schema.is_provisioned:
        tallies.touch(account, region, "dynamodb", schema.name)


def _tally(ended: Ended, tallies: Tallies, operation: str) -> Tally:
    """Of a table, named by name or ARN, or of an operation on it."""
    account, region, name = ended.account, ended.region, ended.parameters["table_name"]
    if name.startswith("arn:"):
        account, name = name.split(":")[4], name.rpartition("/")[2]
    own: Dimensions = (("TableName", name),)
    if operation:
        own = (("Operation", operation), *own)
    return tallies.of(account, region, ended.clock_began, NAMESPACE, own)


def not_replicated(call: Call, table: str, count: int) -> None:
    """Changes that a Kinesis streaming destination did not take."""
    call.count(NAMESPACE, (("TableName", table),), "FailedToReplicateRecordCount", "Count", float(count))


def conflicted(call: Call, schema: Schema) -> None:
    """A request for an item was refused for a transaction that is going on, which fails its own."""
    own = (("TableName", schema.name),)
    call.tallies.of(call.account, call.region, call.now, NAMESPACE, own).add(CONFLICTS, 1.0)


def throttled(call: Call, schema: Schema, index: str, limit: str, *, is_write: bool) -> None:
    """A read or write that a table or one of its global indexes does not let in, by that limit; its request fails, or leaves it out."""
    own: Dimensions = (("TableName", schema.name),)
    if index:
        own = (*own, ("GlobalSecondaryIndexName", index))
    tally = call.tallies.of(call.account, call.region, call.now, NAMESPACE, own)
    kind = "Write" if is_write else "Read"
    tally.add((f"{kind}ThrottleEvents", "Count"), 1.0)
    tally.add((f"{kind}{limit.removesuffix('Exceeded')}ThrottleEvents", "Count"), 1.0)


def _made(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code:
        tallies.touch(ended.account, ended.region, "dynamodb", ended.parameters["table_name"].rpartition("/")[2])


def _returned(operation: str) -> Callable[[Ended, Tallies], None]:
    def counted(ended: Ended, tallies: Tallies) -> None:
        if not ended.error_code:
            _tally(ended, tallies, operation).add(RETURNED, float(ended.result.get("Count", 0)))

    return counted


def _failed(operation: str) -> Callable[[Ended, Tallies], None]:
    """Counts what goes wrong with an operation on one table."""

    def counted(ended: Ended, tallies: Tallies) -> None:
        error = ended.error_code
        if error in _THROTTLED:
            _tally(ended, tallies, operation).add(THROTTLED, 1.0)
        elif error == "ConditionalCheckFailedException":
            _tally(ended, tallies, "").add(FAILED_CHECKS, 1.0)
        elif error == "TransactionConflictException":
            return  # counted where it was met
        elif ended.status == 400:
            tallies.of(ended.account, ended.region, ended.clock_began, NAMESPACE, ()).add(USER_ERRORS, 1.0)

    return counted


COUNTED = {"create_table": _made, "update_table": _made, "query": _returned("Query"), "scan": _returned("Scan")}
FAILED = {name: _failed(operation) for name, operation in _OPERATIONS.items()}


def gauges(call: Call, resource: str) -> list[Gauge]:
    """What is provisioned; nothing of an on-demand table."""
    found = state.tables.get(call, resource)
    if found is None or found.billing != "PROVISIONED":
        return []
    own = ("TableName", resource)
    told: list[tuple[Dimensions, int, int]] = [((own,), found.read_units, found.write_units)]
    told += [
        ((own, ("GlobalSecondaryIndexName", each.name)), each.read_units, each.write_units)
        for each in found.indexes
        if each.is_global
    ]
    return [
        Gauge(name, "Count", float(units), dimensions)
        for dimensions, read, write in told
        for name, units in (("ProvisionedReadCapacityUnits", read), ("ProvisionedWriteCapacityUnits", write))
    ]
