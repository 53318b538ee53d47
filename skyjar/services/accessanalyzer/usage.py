"""Looking for unused access: what IAM is asked, and what is made of its answers.

IAM's reports of what was used last are made behind the call that asks for them, so this takes two steps.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.policy.documents import Document, compile_document

from . import jobs, limits, linked, recording, state, trust, unused
from .state import Analyzer, Finding
from .unused import Entity

Details = dict[str, Any]


def begin(call: Call, analyzer: Analyzer) -> None:
    """Have IAM report on every user and role."""
    reports: dict[str, dict[str, str]] = {}
    for account in sorted(trust.zone(call, analyzer).accounts):
        iam = call.ask("iam", linked.session(call, account), account=account)
        reports[account] = {
            each["Arn"]: iam.generate_service_last_accessed_details(arn=each["Arn"], granularity="ACTION_LEVEL")[
                "JobId"
            ]
            for each in _entities(iam)
            if not _is_excluded(analyzer, account, each)
        }
    call.later(jobs.conclude, key=analyzer.name, name=analyzer.name, reports=reports)


def conclude(call: Call, analyzer: Analyzer, reports: dict[str, dict[str, str]]) -> bool:
    """Record what is unused; False while a report is being made."""
    wanted: list[Finding] = []
    for account, jobs_of in reports.items():
        iam = call.ask("iam", linked.session(call, account), account=account)
        holders = {each["Arn"]: each for each in _entities(iam)}
        policies = _policies(iam)
        for arn, job in jobs_of.items():
            services = _report(iam, job)
            if services is None:
                return False
            if arn in holders:
                documents = _documents(holders[arn], policies)
                wanted += _found(call, analyzer, account, _entity(iam, holders[arn]), documents, services)
    recording.keep(call, analyzer, wanted, state.findings.range(call, analyzer.name))
    state.change(call, analyzer, last_at=call.now)
    return True


def _details(iam: Any, kinds: list[str]) -> Details:
    """GetAccountAuthorizationDetails, all pages as one."""
    found: Details = {}
    marker = ""
    while True:
        answer = iam.get_account_authorization_details(filter=kinds, max_items=1_000, marker=marker)
        for member, several in answer.items():
            if isinstance(several, list):
                found.setdefault(member, []).extend(several)
        marker = answer.get("Marker", "")
        if not marker:
            return found


def _entities(iam: Any) -> list[Details]:
    """Service-linked roles are their services' business."""
    found = _details(iam, ["User", "Role"])
    roles = [each for each in found.get("RoleDetailList", []) if not each["Path"].startswith("/aws-service-role/")]
    return [*found.get("UserDetailList", []), *roles]


def _is_excluded(analyzer: Analyzer, account: str, holder: Details) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in holder.get("Tags", [])}
    return any(
        account in rule.accounts or any(wanted.items() <= tags.items() for wanted in rule.tags)
        for rule in analyzer.exclusions
    )


def _policies(iam: Any) -> dict[str, Any]:
    """Documents by the ARN of a managed policy, and under a group's name all that it gives."""
    found = _details(iam, ["Group", "LocalManagedPolicy", "AWSManagedPolicy"])
    documents: dict[str, list[str]] = {
        each["Arn"]: [
            unquote(version["Document"]) for version in each["PolicyVersionList"] if version["IsDefaultVersion"]
        ]
        for each in found.get("Policies", [])
    }
    for group in found.get("GroupDetailList", []):
        documents[group["GroupName"]] = _own(group, "GroupPolicyList", documents)
    return documents


def _own(holder: Details, inline: str, policies: dict[str, list[str]]) -> list[str]:
    attached = [text for each in holder["AttachedManagedPolicies"] for text in policies.get(each["PolicyArn"], [])]
    return [*(unquote(each["PolicyDocument"]) for each in holder.get(inline, [])), *attached]


def _documents(holder: Details, policies: dict[str, list[str]]) -> list[Document]:
    inline = "RolePolicyList" if "RoleName" in holder else "UserPolicyList"
    texts = _own(holder, inline, policies)
    texts += [text for group in holder.get("GroupList", []) for text in policies.get(group, [])]
    return [compile_document(text) for text in texts]


def _report(iam: Any, job: str) -> list[Details] | None:
    services: list[Details] = []
    marker = ""
    while True:
        answer = iam.get_service_last_accessed_details(job_id=job, max_items=1_000, marker=marker)
        if answer["JobStatus"] == "IN_PROGRESS":
            return None
        services += answer["ServicesLastAccessed"]
        marker = answer.get("Marker", "")
        if not marker:
            return services


def _entity(iam: Any, holder: Details) -> Entity:
    tags = {tag["Key"]: tag["Value"] for tag in holder.get("Tags", [])}
    if "RoleName" in holder:
        used = holder.get("RoleLastUsed", {}).get("LastUsedDate", 0.0)
        return Entity(
            arn=holder["Arn"],
            type="AWS::IAM::Role",
            name=holder["RoleName"],
            created_at=holder["CreateDate"],
            used_at=used,
            tags=tags,
        )
    name = holder["UserName"]
    return Entity(
        arn=holder["Arn"],
        type="AWS::IAM::User",
        name=name,
        created_at=holder["CreateDate"],
        tags=tags,
        keys=tuple(_keys(iam, name)),
        password=_password(iam, name),
    )


def _keys(iam: Any, name: str) -> list[tuple[str, float, float]]:
    held = iam.list_access_keys(user_name=name)["AccessKeyMetadata"]
    return [(each["AccessKeyId"], each["CreateDate"], _key_used(iam, each["AccessKeyId"])) for each in held]


def _key_used(iam: Any, key: str) -> float:
    used: float = iam.get_access_key_last_used(access_key_id=key)["AccessKeyLastUsed"].get("LastUsedDate", 0.0)
    return used


def _password(iam: Any, name: str) -> tuple[float, float] | None:
    try:
        profile = iam.get_login_profile(user_name=name)["LoginProfile"]
    except AWSError as error:
        if error.status == 404:
            return None
        raise
    return profile["CreateDate"], iam.get_user(user_name=name)["User"].get("PasswordLastUsed", 0.0)


def _found(
    call: Call,
    analyzer: Analyzer,
    account: str,
    entity: Entity,
    documents: list[Document],
    services: list[Details],
) -> list[Finding]:
    since = call.now - analyzer.unused_days * limits.DAY_S
    model = Finding(
        analyzer=analyzer.name,
        id="",
        kind="",
        resource=entity.arn,
        resource_type=entity.type,
        owner=account,
        created_at=call.now,
        analyzed_at=call.now,
        updated_at=call.now,
    )
    return [
        msgspec.structs.replace(
            model, id=state.identity(analyzer, kind, entity.arn, which), kind=kind, details=orjson.dumps(details)
        )
        for kind, which, details in unused.of(entity, since, documents, services)
    ]
