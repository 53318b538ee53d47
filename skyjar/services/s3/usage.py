"""What S3 bills: requests, retrievals, what is sent out, and what is stored. Source: S3 User Guide, "Understanding your AWS billing and
usage reports for Amazon S3", "Billing for Amazon S3 error responses".

A request costs one look into a dictionary, by bucket, operation, storage class and caller. Whose bucket it is and what usage that makes
is found when the minute is written. The bucket's owner pays; the requester does where the bucket says so. DELETE and CANCEL are free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.metrics import Ended, Tallies
from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import At, Place
from skyjar.kernel.usage import GIB, HOUR_S, Held, Key

from . import limits, object_state, point_state, reading, state, storage_types, tiers, upload_state
from .object_state import Object
from .state import Bucket
from .upload_state import Upload

What = tuple[str, ...]  # the bucket as it was named, operation, storage class; the caller's account where that matters


class Tallied:
    """Requests, bytes read and bytes sent out; who was the first to make one, and in which Region."""

    __slots__ = ("account", "read", "region", "requests", "sent")

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.requests = self.read = self.sent = 0


Counted = dict[What, Tallied]
_IN_REQUESTS = {
    "STANDARD_IA": "SIA-",
    "ONEZONE_IA": "ZIA-",
    "GLACIER_IR": "GIR-",
    "GLACIER": "GLACIER-",
    "DEEP_ARCHIVE": "GDA-",
    "INTELLIGENT_TIERING": "INT-",
}
_RETRIEVALS = {"STANDARD_IA": "Retrieval-SIA", "ONEZONE_IA": "Retrieval-ZIA", "GLACIER_IR": "Retrieval-GIR"}
_WRITES = ("put_object", "copy_object", "create_multipart_upload")
_READS = ("get_object", "head_object")
_NAMES = {
    "list_buckets": "ListAllMyBuckets",
    "list_objects": "ListBucket",
    "list_objects_v2": "ListBucket",
    "list_object_versions": "ListBucketVersions",
    "create_multipart_upload": "InitiateMultipartUpload",
}
_FREE = ("delete", "abort")
_ELSEWHERE = ("write_get_object_response", "restore_object", "list_directory_buckets", "create_session")
_NOT_BILLED = frozenset(  # those of AWS's list that the machine of a client meets
    (
        "AuthorizationHeaderMalformed", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "NoSuchAccessPoint", "NoSuchBucket",
        "PermanentRedirect", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "TemporaryRedirect",
    )
)  # fmt: skip
_DENIED = "AccessDenied"
_KNOWN = "s3.usage"


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    if operation.startswith(_FREE) or operation in _ELSEWHERE:
        return None
    return _reading(operation) if operation in _READS else _other(operation, operation in _WRITES)


def _reading(operation: str) -> Callable[[Ended, Tallies], None]:
    """The hottest of all, and so without further functions where it has been counted in this minute before."""
    has_body = operation == "get_object"

    def read(ended: Ended, tallies: Tallies) -> None:
        if ended.error_code:
            _failed(operation, ended, tallies)
            return
        result = ended.result
        key: What = (ended.parameters["bucket"], operation, result.get("StorageClass", ""))
        if "RequestCharged" in result:
            key += (ended.account,)
        found = tallies.known(ended.clock_began).get(key)
        if found is None:
            found = _begin(ended, tallies, key)
        found.requests += 1
        if has_body:
            size = result.get("ContentLength", 0)  # Object Lambda may not know it
            found.read += size
            if not ended.is_inside:
                found.sent += size

    return read


def _other(operation: str, has_class: bool) -> Callable[[Ended, Tallies], None]:
    def ended_well(ended: Ended, tallies: Tallies) -> None:
        if ended.error_code:
            _failed(operation, ended, tallies)
            return
        given = ended.parameters
        key: What = (given.get("bucket", ""), operation, given.get("storage_class", "") if has_class else "")
        if "request_payer" in given or not key[0]:
            key += (ended.account,)
        found = tallies.known(ended.clock_began).get(key)
        if found is None:
            found = _begin(ended, tallies, key)
        found.requests += 1

    return ended_well


def _failed(operation: str, ended: Ended, tallies: Tallies) -> None:
    if ended.status < 500 and ended.error_code not in _NOT_BILLED and "bucket" in ended.parameters:
        kind = _DENIED if ended.error_code == _DENIED else ""
        key = (ended.parameters["bucket"], operation, kind, ended.account)
        found = tallies.known(ended.clock_began).get(key)
        if found is None:
            found = _begin(ended, tallies, key)
        found.requests += 1


def _begin(ended: Ended, tallies: Tallies, key: What) -> Tallied:
    """Found by its key at once, and by the list of all when the minute is written."""
    known = tallies.known(ended.clock_began)
    counted: Counted = known.setdefault(_KNOWN, {})
    if not counted:
        tallies.pull(ended.clock_began, partial(_pulled, counted))
    found = known[key] = counted[key] = Tallied(ended.account, ended.region)
    return found


def _pulled(counted: Counted, tallies: Tallies, at: float) -> None:
    taken, known = dict(counted), tallies.known(at)
    for key in taken:
        known.pop(key, None)
    counted.clear()
    tallies.keep("", "", lambda call: usage.add(call, int(at // usage.DAY_S), _billed(call, taken)))


def _billed(call: Call, counted: Counted) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for (name, operation, storage_class, *callers), told in counted.items():
        caller = callers[0] if callers else ""
        bucket = _bucket(call, name, told.account, told.region) if name else None
        owner, where = (bucket.account, bucket.region) if bucket is not None else (told.account, told.region)
        if storage_class == _DENIED and caller != owner:
            continue
        payer = caller if bucket is not None and bucket.requester_pays and caller else owner
        as_billed = aws_name(operation)
        used = [(request_type(operation, storage_class), float(told.requests))]
        if told.sent:
            used.append(("DataTransfer-Out-Bytes", told.sent / GIB))
        if told.read and storage_class in _RETRIEVALS:
            used.append((_RETRIEVALS[storage_class], told.read / GIB))
        for usage_type, amount in used:
            key = (payer, where, "s3", usage_type, as_billed)
            found[key] = found.get(key, 0.0) + amount
    return found


def _bucket(call: Call, name: str, caller: str, region: str) -> Bucket | None:
    """By name, or by an access point's ARN or alias; None when it is gone."""
    found = state.buckets.get(call, name)
    if found is None:
        as_caller = call.at(call.tx, call.now)
        as_caller.account, as_caller.region = caller, region
        try:
            point = point_state.meant(as_caller, name)
        except AWSError:
            return None
        found = state.buckets.get(call, point.bucket) if point is not None else None
    return found


@cache
def aws_name(operation: str) -> str:
    return _NAMES.get(operation) or operation.title().replace("_", "")


@cache
def request_type(operation: str, storage_class: str) -> str:
    is_first = operation.startswith(("put", "copy", "upload", "create", "complete", "list", "post"))
    return f"Requests-{_IN_REQUESTS.get(storage_class, '')}Tier{1 if is_first else 2}"


# What the service does by itself


_TRANSITIONS = {
    "STANDARD_IA": ("Requests-Tier4", "S3-SIATransition"),
    "ONEZONE_IA": ("Requests-Tier4", "S3-ZIATransition"),
    "INTELLIGENT_TIERING": ("Requests-Tier4", "S3-INTTransition"),
    "GLACIER_IR": ("Requests-Tier4", "S3-GIRTransition"),
    "GLACIER": ("Requests-Tier3", "S3-GlacierTransition"),
    "DEEP_ARCHIVE": ("Requests-Tier3", "S3-GDATransition"),
}
_RESTORES = {
    ("GLACIER", "Standard"): ("Requests-Tier3", "Standard-Retrieval-Bytes"),
    ("GLACIER", "Bulk"): ("Requests-Tier5", "Bulk-Retrieval-Bytes"),
    ("GLACIER", "Expedited"): ("Requests-Tier6", "Expedited-Retrieval-Bytes"),
    ("DEEP_ARCHIVE", "Standard"): ("Requests-GDA-Tier3", "Standard-Retrieval-Bytes"),
    ("DEEP_ARCHIVE", "Bulk"): ("Requests-GDA-Tier5", "Bulk-Retrieval-Bytes"),
}


def moved(call: Call, bucket: Bucket, to: str) -> None:
    """A lifecycle transition."""
    usage_type, operation = _TRANSITIONS[to]
    usage.use(call, "s3", usage_type, operation, at=Place(call.tx, bucket.account, bucket.region))


def restored(call: Call, bucket: Bucket, found: Object, tier: str) -> None:
    """A retrieval from an archive has begun."""
    requests, retrieval = _RESTORES[found.storage_class, tier]
    operation = _restoring(found)
    at = Place(call.tx, bucket.account, bucket.region)
    usage.use(call, "s3", requests, operation, at=at)
    usage.use(call, "s3", retrieval, operation, found.size / GIB, at=at)


def _restoring(found: Object) -> str:
    return "RestoreObject" if found.storage_class == "GLACIER" else "DeepArchiveRestoreObject"


# What is stored

_STORED = {
    "StandardStorage": "TimedStorage-ByteHrs",
    "ReducedRedundancyStorage": "TimedStorage-RRS-ByteHrs",
    "StandardIAStorage": "TimedStorage-SIA-ByteHrs",
    "StandardIASizeOverhead": "TimedStorage-SIA-SmObjects",
    "OneZoneIAStorage": "TimedStorage-ZIA-ByteHrs",
    "OneZoneIASizeOverhead": "TimedStorage-ZIA-SmObjects",
    "GlacierInstantRetrievalStorage": "TimedStorage-GIR-ByteHrs",
    "GlacierInstantRetrievalSizeOverhead": "TimedStorage-GIR-SmObjects",
    "GlacierStorage": "TimedStorage-GlacierByteHrs",
    "GlacierObjectOverhead": "TimedStorage-GlacierByteHrs",
    "GlacierS3ObjectOverhead": "TimedStorage-ByteHrs",
    "GlacierStagingStorage": "TimedStorage-GlacierStaging",
    "DeepArchiveStorage": "TimedStorage-GDA-ByteHrs",
    "DeepArchiveObjectOverhead": "TimedStorage-GDA-ByteHrs",
    "DeepArchiveS3ObjectOverhead": "TimedStorage-ByteHrs",
    "DeepArchiveStagingStorage": "TimedStorage-GDA-Staging",
    "IntelligentTieringFAStorage": "TimedStorage-INT-FA-ByteHrs",
    "IntelligentTieringIAStorage": "TimedStorage-INT-IA-ByteHrs",
    "IntelligentTieringAIAStorage": "TimedStorage-INT-AIA-ByteHrs",
    "IntelligentTieringAAStorage": "TimedStorage-INT-AA-ByteHrs",
    "IntelligentTieringDAAStorage": "TimedStorage-INT-DAA-ByteHrs",
    "IntAAObjectOverhead": "TimedStorage-INT-AA-ByteHrs",
    "IntAAS3ObjectOverhead": "TimedStorage-ByteHrs",
    "IntDAAObjectOverhead": "TimedStorage-INT-DAA-ByteHrs",
    "IntDAAS3ObjectOverhead": "TimedStorage-ByteHrs",
}


def held(tx: Transaction, since: float, until: float) -> Iterable[Held]:
    """GB-hours of what all buckets have at the end, each thing from when it was made."""
    for bucket in state.buckets.range(Place(tx, "", "")):
        place = Place(tx, bucket.account, bucket.region)
        totals = {("TimedStorage-ByteHrs", "StandardStorage"): 0.0}
        for usage_type, operation, amount in _things(place, bucket, since, until):
            totals[usage_type, operation] = totals.get((usage_type, operation), 0.0) + amount
        for (usage_type, operation), amount in totals.items():
            yield Held(bucket.account, bucket.region, "s3", usage_type, operation, amount)


def _things(at: At, bucket: Bucket, since: float, until: float) -> Iterator[tuple[str, str, float]]:
    for found in object_state.objects.each(at, bucket.space):
        hours = (until - max(since, found.modified_s)) / HOUR_S
        if not found.is_marker and hours > 0:
            for kind, size in storage_types.of(found, until).items():
                yield _STORED[kind], kind, size / GIB * hours
            yield from _beside(found, since, until)
    for upload in upload_state.uploads.each(at, bucket.space):
        yield from _parts(at, upload, since, until)


def _beside(found: Object, since: float, until: float) -> Iterator[tuple[str, str, float]]:
    """A restored copy; that Intelligent-Tiering watches it."""
    ready, ends = found.restore
    if found.storage_class in reading.ARCHIVED and ready < until and ends > since:
        hours = (min(until, ends) - max(since, ready)) / HOUR_S
        yield "TimedStorage-ByteHrs", _restoring(found), found.size / GIB * hours
    if found.storage_class == tiers.CLASS and found.size >= limits.TIERING_BYTES:
        hours = (until - max(since, found.modified_s)) / HOUR_S
        yield "Monitoring-Automation-INT", "", hours


def _parts(at: At, upload: Upload, since: float, until: float) -> Iterator[tuple[str, str, float]]:
    kind = storage_types.of_parts(upload.storage_class)
    for part in upload_state.parts.each(at, upload.id):
        hours = (until - max(since, part.modified_s)) / HOUR_S
        if hours > 0:
            yield _STORED[kind], kind, part.size / GIB * hours
