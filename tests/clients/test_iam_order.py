"""Six kinds of policies on one call: which of them decides, as the IAM User Guide's order says."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

SEND = "sqs:SendMessage"


def document(effect: str = "Allow", action: Any = "*", **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Stage:
    """A queue of a member account, its user ann and its role r; what each of them has is set anew for every call."""

    def __init__(self, management: Account) -> None:
        self.orgs = management.client("organizations")
        self.member = management.running.account()
        self.orgs.create_organization(FeatureSet="ALL")
        root = self.orgs.list_roots()["Roots"][0]["Id"]
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            self.orgs.enable_policy_type(RootId=root, PolicyType=kind)
        asked = self.orgs.invite_account_to_organization(Target={"Id": self.member.number, "Type": "ACCOUNT"})
        self.member.client("organizations").accept_handshake(HandshakeId=asked["Handshake"]["Id"])
        self.iam, self.sqs = self.member.client("iam"), self.member.client("sqs")
        self.url = self.sqs.create_queue(QueueName="q")["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{self.member.number}:q"
        self.user = self.iam.create_user(UserName="ann")["User"]["Arn"]
        key = self.iam.create_access_key(UserName="ann")["AccessKey"]
        self.ann = self.sender(key)
        trust = {"Effect": "Allow", "Principal": {"AWS": self.user}, "Action": "sts:AssumeRole"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.role = self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text)["Role"]["Arn"]
        self.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document())
        self.boundary = self.iam.create_policy(PolicyName="b", PolicyDocument=document(action="s3:*"))["Policy"]["Arn"]
        self.sts = self.member.client(
            "sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        )

    def sender(self, key: dict[str, str]) -> Any:
        return self.member.client(
            "sqs",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=key.get("SessionToken"),
        )

    def identity(self, *documents: str) -> None:
        for name in self.iam.list_user_policies(UserName="ann")["PolicyNames"]:
            self.iam.delete_user_policy(UserName="ann", PolicyName=name)
        for number, text in enumerate(documents):
            self.iam.put_user_policy(UserName="ann", PolicyName=f"p{number}", PolicyDocument=text)

    def resource(self, principal: str = "", effect: str = "Allow") -> None:
        text = document(effect, SEND, Resource=self.arn, Principal={"AWS": principal}) if principal else ""
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": text})

    def organization(self, kind: str, content: str) -> str:
        made = self.orgs.create_policy(Content=content, Description="", Name=kind, Type=kind)
        policy: str = made["Policy"]["PolicySummary"]["Id"]
        self.orgs.attach_policy(PolicyId=policy, TargetId=self.member.number)
        return policy

    def detach(self, policy: str) -> None:
        self.orgs.detach_policy(PolicyId=policy, TargetId=self.member.number)

    def said(self, sender: Any) -> str:
        """`allowed`, or which kind of policy the denial names."""
        try:
            sender.send_message(QueueUrl=self.url, MessageBody="x")
        except ClientError as error:
            return str(error.response["Error"]["Message"].partition(f"{self.arn} ")[2])
        return "allowed"


@pytest.mark.spec("iam-019")
def test_the_order_of_decisions(account: Account) -> None:
    stage = Stage(account)
    nothing = f"because no identity-based policy allows the {SEND} action"
    assert stage.said(stage.ann) == nothing  # the default
    stage.identity(document(action="sqs:*"))
    assert stage.said(stage.ann) == "allowed"
    stage.identity(document(action="sqs:*"), document("Deny", SEND))
    stage.resource(stage.user)
    assert stage.said(stage.ann) == "with an explicit deny in an identity-based policy"
    stage.identity()
    assert stage.said(stage.ann) == "allowed"  # a resource-based policy allows outright in its account
    stage.identity(document(action="sqs:*"))
    stage.resource(stage.user, "Deny")
    assert stage.said(stage.ann) == "with an explicit deny in a resource-based policy"

    stage.resource(stage.user)
    for kind, name in (("SERVICE", "service"), ("RESOURCE", "resource")):
        more = {"Principal": "*"} if kind == "RESOURCE" else {}
        policy = stage.organization(f"{kind}_CONTROL_POLICY", document("Deny", SEND, **more))
        assert stage.said(stage.ann) == f"with an explicit deny in a {name} control policy"
        stage.detach(policy)
    assert stage.said(stage.ann) == "allowed"

    stage.iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=stage.boundary)
    assert stage.said(stage.ann) == "allowed"  # by the resource-based policy, which names the user
    stage.resource()
    assert stage.said(stage.ann) == f"because no permissions boundary allows the {SEND} action"
    stage.iam.delete_user_permissions_boundary(UserName="ann")
    assert stage.said(stage.ann) == "allowed"

    session = {"RoleArn": stage.role, "RoleSessionName": "me"}
    whole = stage.sts.assume_role(**session)["Credentials"]
    narrow = stage.sts.assume_role(**session, Policy=document(action="s3:*"))["Credentials"]
    assert stage.said(stage.sender(whole)) == "allowed"
    assert stage.said(stage.sender(narrow)) == f"because no session policy allows the {SEND} action"
    stage.resource(stage.role)
    assert stage.said(stage.sender(narrow)) == f"because no session policy allows the {SEND} action"
    stage.resource(f"arn:aws:sts::{stage.member.number}:assumed-role/r/me")
    assert stage.said(stage.sender(narrow)) == "allowed"
