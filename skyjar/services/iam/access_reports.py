"""Access advisor: which services somebody may use, and when they last did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import identities, jobs, limits, namespaces, naming, state, usage_state
from .errors import InvalidInputException, NoSuchEntityException
from .usage_state import Access, AccessReport, Entity

_KINDS = ("user", "group", "role", "policy")


def kind_of(call: Call, arn: str) -> tuple[str, str]:
    """The kind and name of an entity of the account, which must exist."""
    parts = arn.split(":", 5)
    kind = parts[5].partition("/")[0] if len(parts) == 6 and parts[2] == "iam" else ""
    if kind not in _KINDS:
        raise InvalidInputException(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    name = parts[5].rpartition("/")[2]
    is_there = state.find_policy(call, arn) is not None if kind == "policy" else _holder(call, kind, name, arn)
    if not is_there:
        raise NoSuchEntityException(f"ARN {arn} not found")
    return kind, name


def _holder(call: Call, kind: str, name: str, arn: str) -> bool:
    found = state.TABLES[kind].get(call, name)
    return found is not None and state.arn_of(call.account, kind, found.path, found.name) == arn


@operation
def generate_service_last_accessed_details(
    call: Call, *, arn: str, granularity: str = "SERVICE_LEVEL"
) -> dict[str, str]:
    kind_of(call, arn)
    for each in usage_state.access_reports.range(call):
        if each.created_at < call.now - limits.ACCESS_REPORT_S:
            usage_state.access_reports.remove(call, each)
    report = AccessReport(id=call.new_id(), arn=arn, granularity=granularity, created_at=naming.date(call))
    usage_state.access_reports.add(call, report)
    call.later(jobs.make_access_report, id=report.id)
    return {"JobId": report.id}


def services_of(call: Call, arn: str) -> tuple[Access, ...]:
    """What a report says, by the policies and the uses of now."""
    kind, name = kind_of(call, arn)
    policies = dict(policies_of(call, kind, name, arn))
    wanted = set().union(*(namespaces.granted(text) for text in policies.values())) if policies else set()
    holders = list(_entities(call, kind, name, arn))
    return tuple(_access(call, service, holders) for service in sorted(wanted))


def policies_of(call: Call, kind: str, name: str, arn: str) -> list[tuple[str, str]]:
    """(source, document) of what a user (with its groups), group, role or policy allows."""
    if kind == "policy":
        return [(arn, identities.document_of(call, arn))]
    holder = state.TABLES[kind].get(call, name)
    found = identities.sources(call, kind, holder)
    for group in getattr(holder, "groups", ()):
        found += identities.sources(call, "group", state.group_of(call, group))
    return found


def _entities(call: Call, kind: str, name: str, arn: str) -> Iterator[tuple[str, Any]]:
    """The users and roles whom the subject of the report stands for."""
    if kind in ("user", "role"):
        yield kind, state.TABLES[kind].get(call, name)
    elif kind == "group":
        for member in state.members.range(call, name):
            yield "user", state.users.get(call, member.user)
    else:
        seen: set[tuple[str, str]] = set()
        for each in state.attachments.range(call, arn, "policy"):
            for found in _entities(call, each.kind, each.name, ""):
                if (found[0], found[1].name) not in seen:
                    seen.add((found[0], found[1].name))
                    yield found


def _access(call: Call, service: str, holders: list[tuple[str, Any]]) -> Access:
    entities: list[Entity] = []
    actions: dict[str, tuple[str, float, str]] = {}
    for kind, holder in holders:
        arn = state.arn_of(call.account, kind, holder.path, holder.name)
        use = usage_state.uses.get(call, kind, holder.name, service)
        at, region = (use.at, use.region) if use is not None else (0.0, "")
        entities.append(Entity(kind.upper(), holder.name, holder.id, arn, holder.path, at, region))
        for action, (when, where) in (use.actions if use is not None else {}).items():
            if when > actions.get(action, ("", 0.0, ""))[1]:
                actions[action] = (arn, when, where)
    return Access(service, tuple(entities), tuple((action, *actions[action]) for action in sorted(actions)))


def _report(call: Call, job_id: str) -> AccessReport:
    found = usage_state.access_reports.get(call, job_id)
    if found is None:
        raise NoSuchEntityException(f"The job with id {job_id} cannot be found.")
    return found


def _status(report: AccessReport) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "JobStatus": "COMPLETED" if report.completed_at else "IN_PROGRESS",
        "JobCreationDate": report.created_at,
        "IsTruncated": False,
    }
    if report.completed_at:
        shown["JobCompletionDate"] = report.completed_at
    return shown


@operation
def get_service_last_accessed_details(
    call: Call, *, job_id: str, max_items: int | None = None, marker: str = ""
) -> dict[str, Any]:
    report = _report(call, job_id)
    page = naming.page(
        "ServicesLastAccessed",
        report.services,
        marker,
        max_items,
        lambda each: each.service,
        lambda each: _shown(each, has_actions=report.granularity == "ACTION_LEVEL"),
    )
    return {**_status(report), "JobType": report.granularity, **page}


def _shown(access: Access, *, has_actions: bool) -> dict[str, Any]:
    used = [each for each in access.entities if each.at]
    shown: dict[str, Any] = {
        "ServiceName": namespaces.names().get(access.service, access.service),
        "ServiceNamespace": access.service,
        "TotalAuthenticatedEntities": len(used),
    }
    if used:
        last = max(used, key=lambda each: each.at)
        shown |= {
            "LastAuthenticated": last.at,
            "LastAuthenticatedEntity": last.arn,
            "LastAuthenticatedRegion": last.region,
        }
    if has_actions and access.actions:
        shown["TrackedActionsLastAccessed"] = [
            {
                "ActionName": action,
                "LastAccessedEntity": arn,
                "LastAccessedTime": at,
                "LastAccessedRegion": region,
            }
            for action, arn, at, region in access.actions
        ]
    return shown


@operation
def get_service_last_accessed_details_with_entities(
    call: Call, *, job_id: str, service_namespace: str, max_items: int | None = None, marker: str = ""
) -> dict[str, Any]:
    report = _report(call, job_id)
    found = [each for access in report.services if access.service == service_namespace for each in access.entities]
    if report.completed_at and all(access.service != service_namespace for access in report.services):
        raise NoSuchEntityException(f"Service {service_namespace} is not in the report.")
    page = naming.page("EntityDetailsList", sorted(found, key=_order), marker, max_items, _order, _detail)
    return {**_status(report), **page}


def _order(entity: Entity) -> str:
    return f"{entity.kind}/{entity.name}"


def _detail(entity: Entity) -> dict[str, Any]:
    info = {"Arn": entity.arn, "Name": entity.name, "Type": entity.kind, "Id": entity.id, "Path": entity.path}
    return {"EntityInfo": info, **({"LastAuthenticated": entity.at} if entity.at else {})}


@operation
def list_policies_granting_service_access(
    call: Call, *, arn: str, service_namespaces: list[str], marker: str = ""
) -> dict[str, Any]:
    kind, name = kind_of(call, arn)
    if kind == "policy":
        raise InvalidInputException(f"Invalid Entity Arn: {arn} is not a user, group or role.")
    policies = [(source, namespaces.granted(text)) for source, text in policies_of(call, kind, name, arn)]

    def show(asked: tuple[int, str]) -> dict[str, Any]:
        granting = [_granting(source) for source, granted in policies if asked[1].lower() in granted]
        return {"ServiceNamespace": asked[1], "Policies": granting}

    asked = list(enumerate(service_namespaces))
    return naming.page("PoliciesGrantingServiceAccess", asked, marker, None, lambda each: f"{each[0]:03d}", show)


def _granting(source: str) -> dict[str, str]:
    """A source is `user ann, inline policy p` or `user ann, arn:…` (see `identities.sources`)."""
    holder, _, policy = source.partition(", ")
    kind, _, name = holder.partition(" ")
    if not policy.startswith("inline policy "):
        return {"PolicyName": policy.rpartition("/")[2], "PolicyType": "MANAGED", "PolicyArn": policy}
    return {
        "PolicyName": policy.removeprefix("inline policy "),
        "PolicyType": "INLINE",
        "EntityType": kind.upper(),
        "EntityName": name,
    }
