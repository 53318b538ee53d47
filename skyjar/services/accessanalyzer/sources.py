"""The resources of an account that can be shared, with the policies that share them: asked of their services as the
service-linked role, in the Region of the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.policy import publicity

from . import linked

_PAGE = 1_000
Found = Iterator["Shared"]


class Shared(NamedTuple):
    """`documents` are its policies. `error` says why they could not be read."""

    arn: str
    type: str
    owner: str
    documents: tuple[str, ...] = ()
    error: str = ""


class Reader:
    """Asks services for one account. `only` is the one resource that is wanted, or empty."""

    def __init__(self, call: Call, account: str, only: str = "") -> None:
        self.call = call
        self.account = account
        self.only = only
        self._who = linked.session(call, account)

    def ask(self, service: str) -> Any:
        return self.call.ask(service, self._who, account=self.account)

    def wants(self, arn: str) -> bool:
        return self.only in ("", arn)

    def shared(self, arn: str, kind: str, read: Callable[[], str | tuple[str, ...]]) -> Shared:
        """With what `read` gives, which may answer that there is no policy, or that it may not be read."""
        try:
            found = read()
        except AWSError as error:
            denied = error.status == 403 or "AccessDenied" in error.code
            return Shared(arn, kind, self.account, error="ACCESS_DENIED" if denied else "")
        documents = (found,) if isinstance(found, str) else found
        return Shared(arn, kind, self.account, tuple(each for each in documents if each))


def gather(call: Call, account: str, only: str = "") -> Found:
    reader = Reader(call, account, only)
    for find in _KINDS:
        yield from find(reader)


def _pages(read: Callable[..., Any], member: str, token: tuple[str, str], **given: Any) -> Iterator[Any]:
    """Every item of a list; `token` is how the next page is called in the answer and in the request."""
    while True:
        answer = read(**given)
        yield from answer.get(member, ())
        if not answer.get(token[0]):
            return
        given[token[1]] = answer[token[0]]


def _buckets(reader: Reader) -> Found:
    s3 = reader.ask("s3")
    for bucket in s3.list_buckets(bucket_region=reader.call.region)["Buckets"]:
        arn = f"arn:aws:s3:::{bucket['Name']}"
        if reader.wants(arn):
            yield reader.shared(arn, "AWS::S3::Bucket", partial(_bucket_policy, s3, bucket["Name"]))


def _bucket_policy(s3: Any, name: str) -> str:
    """Empty where the bucket's blocks make a public policy void."""
    text: str = s3.get_bucket_policy(bucket=name)["Policy"]
    return "" if restricts(s3, name) and publicity.is_public(text) else text


def restricts(s3: Any, name: str) -> bool:
    """Whether the bucket keeps a public policy from having an effect."""
    try:
        blocks = s3.get_public_access_block(bucket=name)["PublicAccessBlockConfiguration"]
    except AWSError:
        return False
    return bool(blocks.get("RestrictPublicBuckets"))


def _roles(reader: Reader) -> Found:
    for role in _pages(reader.ask("iam").list_roles, "Roles", ("Marker", "marker"), max_items=_PAGE):
        if reader.wants(role["Arn"]):
            trust = unquote(role["AssumeRolePolicyDocument"])
            yield Shared(role["Arn"], "AWS::IAM::Role", reader.account, (trust,))


def _queues(reader: Reader) -> Found:
    sqs = reader.ask("sqs")
    for url in _pages(sqs.list_queues, "QueueUrls", ("NextToken", "next_token"), max_results=_PAGE):
        arn = f"arn:aws:sqs:{reader.call.region}:{reader.account}:{url.rpartition('/')[2]}"
        if reader.wants(arn):
            yield reader.shared(arn, "AWS::SQS::Queue", partial(_queue_policy, sqs, url))


def _queue_policy(sqs: Any, url: str) -> str:
    found: dict[str, str] = sqs.get_queue_attributes(queue_url=url, attribute_names=["Policy"]).get("Attributes", {})
    return found.get("Policy", "")


def _keys(reader: Reader) -> Found:
    kms = reader.ask("kms")
    for key in _pages(kms.list_keys, "Keys", ("NextMarker", "marker"), limit=_PAGE):
        if reader.wants(key["KeyArn"]):
            yield reader.shared(key["KeyArn"], "AWS::KMS::Key", partial(_key_policies, kms, key["KeyArn"]))


def _key_policies(kms: Any, arn: str) -> tuple[str, ...]:
    """The key's policy, and one that says what its grants say."""
    policy = kms.get_key_policy(key_id=arn)["Policy"]
    grants = kms.list_grants(key_id=arn)["Grants"]
    return policy, of_grants([(each["GranteePrincipal"], each["Operations"]) for each in grants])


def of_grants(grants: list[tuple[str, list[str]]]) -> str:
    """A policy that says what grants say: to whom, which operations. Empty where there are none."""
    granted = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": grantee},
            "Action": [f"kms:{name}" for name in operations],
            "Resource": "*",
        }
        for grantee, operations in grants
        if grantee.startswith("arn:")
    ]
    return orjson.dumps({"Version": "2012-10-17", "Statement": granted}).decode() if granted else ""


def _functions(reader: Reader) -> Found:
    functions = reader.ask("lambda")
    for each in _pages(functions.list_functions, "Functions", ("NextMarker", "marker")):
        if reader.wants(each["FunctionArn"]):
            read = partial(_member, functions.get_policy, "Policy", function_name=each["FunctionName"])
            yield reader.shared(each["FunctionArn"], "AWS::Lambda::Function", read)


def _secrets(reader: Reader) -> Found:
    secrets = reader.ask("secretsmanager")
    for each in _pages(secrets.list_secrets, "SecretList", ("NextToken", "next_token"), max_results=100):
        if reader.wants(each["ARN"]):
            read = partial(_member, secrets.get_resource_policy, "ResourcePolicy", secret_id=each["ARN"])
            yield reader.shared(each["ARN"], "AWS::SecretsManager::Secret", read)


def _repositories(reader: Reader) -> Found:
    ecr = reader.ask("ecr")
    for each in _pages(ecr.describe_repositories, "repositories", ("nextToken", "next_token")):
        if reader.wants(each["repositoryArn"]):
            read = partial(_member, ecr.get_repository_policy, "policyText", repository_name=each["repositoryName"])
            yield reader.shared(each["repositoryArn"], "AWS::ECR::Repository", read)


def _member(read: Callable[..., dict[str, Any]], name: str, **given: Any) -> str:
    return str(read(**given).get(name, ""))


_KINDS = (_buckets, _roles, _queues, _keys, _functions, _secrets, _repositories)
SERVICES = frozenset({"s3", "iam", "sqs", "kms", "lambda", "secretsmanager", "ecr"})
