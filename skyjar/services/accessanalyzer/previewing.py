"""The work on an access preview: what would be found if a resource had these policies, against what is found now."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.policy import publicity
from skyjar.policy.documents import compile_document
from skyjar.policy.errors import MalformedPolicy

from . import recording, sources, state, trust
from .findings import external_shown
from .sources import Reader, Shared
from .state import RESOLVED, Analyzer, Finding

# By the kind of configuration: the type of its resource, and the member that holds the policy.
KINDS = {
    "s3Bucket": ("AWS::S3::Bucket", "bucketPolicy"),
    "iamRole": ("AWS::IAM::Role", "trustPolicy"),
    "sqsQueue": ("AWS::SQS::Queue", "queuePolicy"),
    "kmsKey": ("AWS::KMS::Key", "keyPolicies"),
    "secretsManagerSecret": ("AWS::SecretsManager::Secret", "secretPolicy"),
    "ecrRepository": ("AWS::ECR::Repository", "repositoryPolicy"),
}


def make(call: Call, name: str, identity: str) -> None:
    preview = state.previews.get(call, name, identity)
    analyzer = state.analyzers.get(call, name)
    if preview is None or analyzer is None:
        return
    [(arn, configuration)] = orjson.loads(preview.configurations).items()
    shared = _proposed(call, arn, configuration)
    try:
        for text in shared.documents:
            compile_document(text)
    except MalformedPolicy:
        failed = msgspec.structs.replace(preview, status="FAILED", reason="INVALID_CONFIGURATION")
        state.previews.put(call, failed)
        return
    found = recording.findings_of(call, analyzer, shared, trust.zone(call, analyzer))
    shown = [_shown(new, old, change) for new, old, change in _changes(call, analyzer, arn, found)]
    state.previews.put(call, msgspec.structs.replace(preview, status="COMPLETED", findings=orjson.dumps(shown)))


def _proposed(call: Call, arn: str, configuration: dict[str, Any]) -> Shared:
    """The resource with the policies that are proposed; what is not proposed stays as it is, if the resource is there."""
    [(kind, given)] = configuration.items()
    type_, member = KINDS[kind]
    present = next(sources.gather(call, call.account, arn), None)
    policy, grants = [*(present.documents if present is not None else ()), "", ""][:2]
    if member in given:
        policy = given[member].get("default", "") if kind == "kmsKey" else given[member]
    if "grants" in given:
        grants = sources.of_grants([(each["granteePrincipal"], each["operations"]) for each in given["grants"]])
    if kind == "s3Bucket" and policy and _restricts(call, arn, given) and _is_public(policy):
        policy = ""
    return Shared(arn, type_, call.account, tuple(text for text in (policy, grants) if text))


def _restricts(call: Call, arn: str, given: dict[str, Any]) -> bool:
    if "bucketPublicAccessBlock" in given:
        return bool(given["bucketPublicAccessBlock"]["restrictPublicBuckets"])
    return sources.restricts(Reader(call, call.account).ask("s3"), arn.rpartition(":")[2])


def _is_public(policy: str) -> bool:
    try:
        compile_document(policy)
    except MalformedPolicy:
        return False
    return publicity.is_public(policy)


Change = tuple[Finding, Finding | None, str]


def _changes(call: Call, analyzer: Analyzer, arn: str, found: list[Finding]) -> list[Change]:
    """What would be new, other or the same; and what would be gone, which is shown as resolved."""
    held = state.findings.range(call, analyzer.name, arn, via="resource")
    before = {each.id: each for each in held if each.status != RESOLVED}
    changes: list[Change] = []
    for new in found:
        old = before.pop(new.id, None)
        if old is None:
            changes.append((new, None, "NEW"))
        else:
            is_same = (old.actions, old.is_public) == (new.actions, new.is_public)
            kept = msgspec.structs.replace(new, status=old.status)
            changes.append((kept, old, "UNCHANGED" if is_same else "CHANGED"))
    gone = (msgspec.structs.replace(old, status=RESOLVED) for old in before.values())
    return [*changes, *((new, before[new.id], "CHANGED") for new in gone)]


def _shown(new: Finding, old: Finding | None, change: str) -> dict[str, Any]:
    shown = {**external_shown(new), "changeType": change}
    for name in ("analyzedAt", "updatedAt"):
        shown.pop(name)
    if old is None:
        return shown
    return {**shown, "existingFindingId": old.id, "existingFindingStatus": old.status}
