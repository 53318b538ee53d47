"""Service-linked roles: made for a service, trusted by it alone, and changed by nobody but the service."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import attachments, jobs, managed, roles, state, usage_state
from .errors import InvalidInputException, NoSuchEntityException
from .protected import PATH, is_linked
from .usage_state import Deletion


class Kind(msgspec.Struct, frozen=True):
    """`policy` is the AWS-managed policy that the role has on AWS; `has_suffix`: several may be told apart by one."""

    role: str
    policy: str = ""
    has_suffix: bool = False


@cache
def kinds() -> dict[str, Kind]:
    """By service principal: `data/linked-roles.json`."""
    text = (files(__package__) / "data" / "linked-roles.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Kind])


@operation
def create_service_linked_role(
    call: Call, *, aws_service_name: str, description: str = "", custom_suffix: str = ""
) -> dict[str, Any]:
    kind = kinds().get(aws_service_name)
    if kind is None:
        raise InvalidInputException(f"Service-linked roles of {aws_service_name} are not known.")
    if custom_suffix and not kind.has_suffix:
        raise InvalidInputException(f"Custom suffix is not allowed for {aws_service_name}")
    name = name_of(aws_service_name, custom_suffix)
    if state.is_taken(state.roles, call, name):
        raise InvalidInputException(
            f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    role = roles.made(call, name, _trust(aws_service_name), path=f"{PATH}{aws_service_name}/", description=description)
    arn = f"arn:aws:iam::aws:policy/aws-service-role/{kind.policy}"
    if kind.policy and managed.find(arn) is not None:
        attachments.attach(call, "role", name, arn)
    return {"Role": roles.show(call.account, role)}


def name_of(service: str, suffix: str) -> str:
    """Empty for a service that is not known."""
    kind = kinds().get(service)
    role = kind.role if kind is not None else ""
    return f"{role}_{suffix}" if role and suffix else role


def _trust(service: str) -> str:
    allowed = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": [service]}}
    return orjson.dumps({"Version": "2012-10-17", "Statement": [allowed]}).decode()


@operation
def delete_service_linked_role(call: Call, *, role_name: str) -> dict[str, str]:
    role = state.role_of(call, role_name)
    if not is_linked(role):
        raise InvalidInputException(f"{role_name} is not a service-linked role.")
    for each in usage_state.deletions.each(call):
        if each.role == role_name and each.status in ("NOT_STARTED", "IN_PROGRESS"):
            return {"DeletionTaskId": each.id}
    task = Deletion(id=f"task{role.path}{role_name}/{call.new_id()}", role=role_name, status="IN_PROGRESS")
    usage_state.deletions.add(call, task)
    call.later(jobs.delete_linked_role, task=task.id)
    return {"DeletionTaskId": task.id}


@operation
def get_service_linked_role_deletion_status(call: Call, *, deletion_task_id: str) -> dict[str, str]:
    found = usage_state.deletions.get(call, deletion_task_id)
    if found is None:
        raise NoSuchEntityException(f"The deletion task {deletion_task_id} cannot be found.")
    return {"Status": found.status}
