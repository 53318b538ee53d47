"""What an operation needs can be said of any input that its model lets through, and in an empty cloud.

`permissions.py` is asked before the operation runs: whatever it raises, but AWS's own errors, is a 500 for the caller.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from skyjar.kernel import service as services
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.kernel.store import Transaction
from skyjar.pipeline.authorise import Rules
from skyjar.policy import authorization
from skyjar.wire import models
from skyjar.wire.models import OperationModel, Shape

DEPTH_MAX = 4


def value(shape: Shape, is_whole: bool, depth: int = 0) -> Any:
    """The smallest value of a shape, or (`is_whole`) one with all its members."""
    if shape.type == "structure":
        names = shape.members if is_whole and depth < DEPTH_MAX else shape.required
        return {name: value(shape.members[name], is_whole, depth + 1) for name in names}
    if shape.type == "list":
        count = max(int(shape.trait("min") or 0), int(is_whole and depth < DEPTH_MAX))
        return [value(shape.member, is_whole, depth + 1) for _ in range(count)]
    if shape.type == "map":
        return {value(shape.key, is_whole, depth): value(shape.value, is_whole, depth + 1)} if is_whole else {}
    if shape.type == "string":
        return shape.enum[0] if shape.enum else "x" * max(int(shape.trait("min") or 0), 1)
    return {"boolean": True, "blob": b"{}", "integer": 1, "long": 1}.get(shape.type, 1.0)


def given(model: OperationModel, accepted: frozenset[str], is_whole: bool) -> dict[str, Any]:
    shape = model.input_shape
    if shape is None:
        return {}
    names = [name for name in shape.members if name in shape.required or is_whole]
    return {
        models.snake(name): value(shape.members[name], is_whole) for name in names if models.snake(name) in accepted
    }


@pytest.mark.parametrize("is_whole", [False, True], ids=["least", "whole"])
@pytest.mark.parametrize("folder", services.names())
def test_needs_can_be_said_of_any_input(desk: Any, folder: str, is_whole: bool) -> None:
    service = services.load(folder)
    assert service is not None
    names = {models.snake(name): name for name in models.service(service.model).operations}
    wrong: list[str] = []
    rules = Rules(service.permissions)

    def ask(tx: Transaction) -> None:
        call = desk.call(tx)
        for name, operation in service.operations.items():
            model = models.service(service.model).operation(names[name])
            parameters = given(model, operation.parameters, is_whole)
            for question in Rules.__slots__:
                ask_for = getattr(rules, question)
                if ask_for is None:
                    continue
                try:
                    answer = ask_for(call, name, parameters)
                except AWSError:
                    continue
                except Exception as error:
                    wrong.append(f"{question} of {name}: {error!r}")
                    continue
                if question == "actions" and any(":" not in action for action in answer or []):
                    wrong.append(f"actions of {name}: {answer}")
                if question == "resources" and not all(isinstance(text, str) and text for text in answer or []):
                    wrong.append(f"resources of {name}: {answer}")

    desk.store.transact(ask)
    assert not wrong, "\n".join(wrong)


ACCOUNT = "111122223333"
CALLER = Principal(kind="user", account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/x1", name="x1", id="AIDAX1")
NAMES = {"Partition": "aws", "Region": "us-east-1", "Account": ACCOUNT}
GIVEN = {
    "queue_url": f"http://127.0.0.1:4566/{ACCOUNT}/x1",
    "role": f"arn:aws:iam::{ACCOUNT}:role/x1",
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/x1",
    "cloud_watch_logs_role_arn": f"arn:aws:iam::{ACCOUNT}:role/x1",
    "rotation_lambda_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:x1",
    "handshake_id": "h-x1x1x1x1",
    "organizational_unit_id": "ou-x1x1-x1x1x1x1",
    "parent_id": "r-x1x1",
    "policy_id": "p-x1x1x1x1",
    "root_id": "r-x1x1",
    "layers": [f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:x1:1"],
    "path": "/x1/",
    "path_prefix": "/x1/",
    "queue_owner_aws_account_id": ACCOUNT,
    "bucket": "xxx",
    "mrap": f"arn:aws:s3::{ACCOUNT}:accesspoint/x1",
    "expected_bucket_owner": ACCOUNT,
    "url": "https://example.com/x1",
    "serial_number": f"arn:aws:iam::{ACCOUNT}:mfa/x1",
    "key_id": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/x1",
    "alias_name": "alias/x1",
    "grant_tokens": [],
    "iam_role_arn": f"arn:aws:iam::{ACCOUNT}:role/x1",
    "dax.resource_name": f"arn:aws:dax:us-east-1:{ACCOUNT}:cache/x1",
    "organizations.account_id": "444455556666",
    "organizations.destination_parent_id": "ou-abcd-11111111",
    "organizations.organizational_unit_id": "ou-abcd-11111111",
    "organizations.parent_id": "r-abcd",
    "organizations.policy_id": "p-11111111",
    "organizations.root_id": "r-abcd",
    "organizations.source_parent_id": "r-abcd",
    "organizations.target_id": "444455556666",
}
# IAM names what does not exist so: "is not authorized to perform: iam:GetUser on resource: user x1".
UNKNOWN = re.compile(r"(user|role|group|instance-profile|server-certificate) x|policy path /")
ELSEWHERE = {
    "sts:TagSession": "judged on the federated user that GetFederationToken makes, as AWS's own denials say",
    "kms:TagResource": "with CreateKey and ReplicateKey, whose key is not there yet",
    "kms:DeleteAlias": "of an alias that is not there, and so of no key",
    "organizations:DescribeEffectivePolicy": "a member's own account has an ARN of the management account's",
    "organizations:PutResourcePolicy": "the policy has no ARN before it is there",
    **{
        f"organizations:{verb}Handshake": "another account's, so that its ARN cannot be known"
        for verb in ("Accept", "Cancel", "Decline", "Describe")
    },
}
# In botocore's models, and not yet in the reference as the library carries it.
NEWER = {
    "kms:Decapsulate",
    "kms:Encapsulate",
    "kms:GetKeyLastUsage",
    "kms:GranteeServicePrincipal",
    "kms:RetiringServicePrincipal",
    "kinesis:UpdateStreamRecordDistributionStrategy",
}


# Nothing can be said of what does not exist: a task, a grant, a ciphertext of no key, an MFA device, a statement, a request
# that a function answers.
UNSAID = {
    "s3.write_get_object_response",
    "sqs.cancel_message_move_task",
    "kms.retire_grant",
    "kms.decrypt",
    "kms.re_encrypt",
    "sts.assume_role",
    "dynamodb.execute_statement",
}


def an_arn(form: str) -> str:
    """An ARN of a published form."""
    return re.sub(r"\$\{(\w+)\}", lambda found: NAMES.get(found[1], "x1"), form).replace("*", "x1")


def sensible(service: str, model: OperationModel, accepted: frozenset[str], arn: str, is_whole: bool) -> dict[str, Any]:
    """As `given`, but what is called an ARN is that one, and what has a form of its own is of that form."""

    def replaced(name: str, value: Any) -> Any:
        if name in GIVEN or f"{service}.{name}" in GIVEN:
            return GIVEN[name] if name in GIVEN else GIVEN[f"{service}.{name}"]
        if isinstance(value, dict):
            return {key: replaced(key, each) for key, each in value.items()}
        if isinstance(value, list):
            return [replaced(name, each) for each in value]
        return arn if isinstance(value, str) and (name.lower().endswith("arn") or name == "resource") else value

    return {name: replaced(name, value) for name, value in given(model, accepted, is_whole).items()}


@pytest.mark.parametrize("folder", services.names())
def test_every_operation_maps_to_published_actions_and_resources(desk: Any, folder: str) -> None:
    """The actions exist, each ARN is of a type that AWS judges the action on, and the condition keys are known."""
    service = services.load(folder)
    assert service is not None
    names = {models.snake(name): name for name in models.service(service.model).operations}
    wrong: set[str] = set()
    rules = Rules(service.permissions)
    desk.ask("s3").create_bucket(bucket="xxx")
    desk.ask("organizations").create_organization()

    def ask(tx: Transaction) -> None:
        call = desk.call(tx, CALLER)
        for name, operation in service.operations.items():
            model = models.service(service.model).operation(names[name])
            for arn in arns(
                call, rules, f"{service.iam}:{names[name]}", name, given(model, operation.parameters, True)
            ):
                for is_whole in (False, True):
                    parameters = sensible(service.name, model, operation.parameters, arn, is_whole)
                    try:
                        needed = needs(call, rules, service.iam, names[name], name, parameters)
                    except AWSError as error:
                        if f"{service.name}.{name}" not in UNSAID:
                            wrong.add(f"{name}: {error}")
                        continue
                    if not is_whole:  # without what it needs an operation is refused, whatever it is judged on
                        needed = [pair for pair in needed[0] if not pair[1].endswith("*")], needed[1]
                    wrong.update(f"{name}: {found}" for found in unpublished(*needed))
                    wrong.update(f"{name}: {found}" for found in untold(*needed, parameters))

    desk.store.transact(ask)
    assert not wrong, "\n".join(sorted(wrong))


def arns(call: Any, rules: Rules, action: str, name: str, parameters: dict[str, Any]) -> list[str]:
    """One ARN of each type that the operation's action is judged on."""
    with contextlib.suppress(AWSError):
        action = ((rules.actions and rules.actions(call, name, parameters)) or [action])[0]
    found = authorization.action(action)
    kinds = authorization.resource_types(found) if found is not None else []
    return [an_arn(kind.arn) for kind in kinds] or ["*"]


Needed = tuple[list[tuple[str, str]], dict[str, Any]]


def needs(call: Any, rules: Rules, prefix: str, aws_name: str, name: str, parameters: dict[str, Any]) -> Needed:
    """Every (action, resource) that is judged, as `pipeline.authorise.judge` does it, and the condition keys given."""

    def said(question: str) -> Any:
        rule = getattr(rules, question)
        return rule(call, name, parameters) if rule is not None else None

    actions = said("actions")
    if actions is None:
        actions = [f"{prefix}:{aws_name}"]
    pairs = [(action, arn) for action in actions for arn in said("resources") or ["*"]]
    also = said("also") or []
    keys = dict(said("conditions") or {})
    for needed in also:
        keys.update(needed[2])
    return [*pairs, *((needed[0], needed[1]) for needed in also)], keys


def unpublished(pairs: list[tuple[str, str]], keys: dict[str, Any]) -> Iterator[str]:
    for action, arn in pairs:
        found = authorization.action(action)
        if action in NEWER:
            continue
        if found is None:
            yield f"{action} is no action"
        elif not (authorization.fits(found, arn) or is_known_otherwise(found, arn)):
            yield f"{action} is not judged on {arn}, but on {', '.join(found.resources) or '*'}"
    prefixes = tuple({action.partition(":")[0] for action, _ in pairs})
    yield from (
        f"{key} is no condition key"
        for key in keys
        if key not in NEWER and authorization.key_type(key, prefixes) is None
    )


def untold(pairs: list[tuple[str, str]], keys: dict[str, Any], parameters: dict[str, Any]) -> Iterator[str]:
    """Condition keys of tags that the reference lists for the action, and that the request would have."""
    found = authorization.action(pairs[0][0]) if pairs else None
    tags = parameters.get("tags") or parameters.get("tag_keys")
    if found is None or not tags:
        return
    if "aws:TagKeys" in found.keys and "aws:TagKeys" not in keys:
        yield "aws:TagKeys is not told"
    is_given = (
        bool(parameters.get("tags")) and "aws:RequestTag/${TagKey}" in found.keys and "untag" not in found.name.lower()
    )
    if is_given and not any(key.startswith("aws:RequestTag/") for key in keys):
        yield "aws:RequestTag is not told"


def is_known_otherwise(action: authorization.Action, arn: str) -> bool:
    """What the reference does not say and AWS's denials do: listings are judged on a collection's ARN, which ends openly."""
    if action.name in ELSEWHERE or (action.service == "iam" and UNKNOWN.match(arn)):
        return True
    is_collection = arn.startswith(f"arn:aws:{action.service}:") and arn.endswith(("/", "*", ":"))
    return is_collection and not action.resources
