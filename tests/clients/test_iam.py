"""IAM with boto3: keys are verified, and what they may do is what their policies say, from one call to the next."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing import Running, running
from skyjar.testing.running import Account

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def account(cloud: Running) -> Account:
    return cloud.account()


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def keys_of(account: Account, name: str) -> dict[str, str]:
    key = account.client("iam").create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.spec("iam-006")
def test_a_key_is_its_user_until_it_is_deleted(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    keys = keys_of(account, "ann")
    sts = account.client("sts", **keys)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{account.number}:user/ann"
    wrong = account.client("sts", **{**keys, "aws_secret_access_key": "x" * 40})
    assert refusal(wrong.get_caller_identity)[0] == "SignatureDoesNotMatch"
    where = {"UserName": "ann", "AccessKeyId": keys["aws_access_key_id"]}
    iam.update_access_key(**where, Status="Inactive")
    assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    iam.update_access_key(**where, Status="Active")
    assert sts.get_caller_identity()["Account"] == account.number
    iam.delete_access_key(**where)
    assert refusal(sts.get_caller_identity) == (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )


def test_a_narrow_policy_is_enforced_and_a_change_holds_on_the_next_call(account: Account) -> None:
    iam = account.client("iam")
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    sqs = account.client("sqs", **keys_of(account, "ann"))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("sqs:CreateQueue"))
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{account.number}:q"
    code, message = refusal(sqs.send_message, QueueUrl=url, MessageBody="x")
    assert code in ("AccessDenied", "AccessDeniedException")
    assert message == (
        f"User: {arn} is not authorized to perform: sqs:SendMessage on resource: {queue} because no identity-based "
        "policy allows the sqs:SendMessage action"
    )
    iam.put_user_policy(UserName="ann", PolicyName="more", PolicyDocument=allow("sqs:SendMessage"))
    assert sqs.send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    iam.delete_user_policy(UserName="ann", PolicyName="more")
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x")[1] == message


def test_documents_come_back_as_they_went_in(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    document = json.loads(allow("sqs:*"))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(document, indent=2))
    assert iam.get_user_policy(UserName="ann", PolicyName="p")["PolicyDocument"] == document
    policy = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(document))["Policy"]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == document
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    assert role["AssumeRolePolicyDocument"] == trust
    assert iam.list_roles()["Roles"][0]["AssumeRolePolicyDocument"] == trust


def test_paginators_see_everything(account: Account) -> None:
    iam = account.client("iam")
    for number in range(5):
        iam.create_user(UserName=f"u{number}")
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == [f"u{n}" for n in range(5)]
    names = [p["PolicyName"] for page in iam.get_paginator("list_policies").paginate() for p in page["Policies"]]
    assert names == sorted(names)
    assert "AWSLambdaBasicExecutionRole" in names


def test_errors_are_modelled(account: Account) -> None:
    iam = account.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_user(UserName="none")
    iam.create_user(UserName="ann")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName="ann")
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument="{}")


def test_what_is_absent_is_refused(account: Account) -> None:
    code, message = refusal(account.client("iam").enable_organizations_root_sessions)
    assert (code, message) == ("NotImplemented", "Skyjar does not implement iam:EnableOrganizationsRootSessions.")


@pytest.mark.spec("iam-016")
def test_a_group_is_nobody_whom_a_policy_can_name(account: Account) -> None:
    arn = account.client("iam").create_group(GroupName="x")["Group"]["Arn"]
    s3, bucket = account.client("s3"), f"b{account.number}"
    s3.create_bucket(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject"}
    statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=policy) == (
        "MalformedPolicy",
        "Invalid principal in policy",
    )


@pytest.mark.spec("iam-028")
def test_others_need_a_resource_policy_or_a_role(cloud: Running, account: Account) -> None:
    """CloudFormation has no resource policies, SQS has."""
    stranger = cloud.account()
    stranger.client("iam").create_user(UserName="eve")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [everything]}
    stranger.client("iam").put_user_policy(UserName="eve", PolicyName="p", PolicyDocument=json.dumps(policy))
    eve = keys_of(stranger, "eve")

    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    send = stranger.client("sqs", **eve).send_message
    assert refusal(send, QueueUrl=url, MessageBody="x")[0].startswith("AccessDenied")
    grant = {**everything, "Principal": {"AWS": stranger.number}, "Action": "sqs:SendMessage"}
    grant["Resource"] = f"arn:aws:sqs:us-east-1:{account.number}:q"
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [grant]})}
    )
    assert send(QueueUrl=url, MessageBody="x")["MessageId"]

    body = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    stack = account.client("cloudformation").create_stack(StackName="s", TemplateBody=body)["StackId"]
    cloudformation = stranger.client("cloudformation", **eve)
    assert not [name for name in dir(cloudformation) if name.startswith("put_") and name.endswith("_policy")]
    with pytest.raises(ClientError):
        cloudformation.describe_stacks(StackName=stack)
    trust = {"Effect": "Allow", "Principal": {"AWS": stranger.number}, "Action": "sts:AssumeRole"}
    iam = account.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="guest", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="guest", PolicyName="p", PolicyDocument=allow("cloudformation:*"))
    issued = stranger.client("sts", **eve).assume_role(RoleArn=role, RoleSessionName="eve")["Credentials"]
    guest = account.client(
        "cloudformation",
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["SessionToken"],
    )
    assert guest.describe_stacks(StackName=stack)["Stacks"][0]["StackName"] == "s"


@pytest.mark.spec("iam-036")
def test_handing_a_role_over_needs_pass_role(account: Account) -> None:
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=allow("sqs:*"))
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("cloudformation:*"))
    client = account.client("cloudformation", **keys_of(account, "ann"))
    stack = {"StackName": "s", "RoleARN": role}
    stack["TemplateBody"] = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    code, message = refusal(client.create_stack, **stack)
    assert code == "AccessDenied"
    assert f"is not authorized to perform: iam:PassRole on resource: {role}" in message
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("cloudformation:*", "iam:PassRole"))
    assert client.create_stack(**stack)["StackId"]


def used(cloud: Running) -> None:
    """Records of calls are written from time to time; now is such a time."""
    cloud.call(cloud.cloud.pipeline.records.flush)


@pytest.mark.spec("iam-043")
def test_what_is_not_used_can_be_found(cloud: Running, account: Account) -> None:
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": account.number}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arns = {}
    for name in ("busy", "idle"):
        arns[name] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow("sqs:*", "s3:*"))
    issued = account.client("sts").assume_role(RoleArn=arns["busy"], RoleSessionName="me")["Credentials"]
    account.client(
        "sqs",
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["SessionToken"],
    ).list_queues()
    used(cloud)
    assert "LastUsedDate" not in iam.get_role(RoleName="idle")["Role"].get("RoleLastUsed", {})
    last = iam.get_role(RoleName="busy")["Role"]["RoleLastUsed"]
    assert last["Region"] == "us-east-1"
    found: dict[str, dict[str, Any]] = {}
    for name, arn in arns.items():
        job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
        cloud.settle()
        report = iam.get_service_last_accessed_details(JobId=job)
        assert report["JobStatus"] == "COMPLETED"
        found[name] = {
            each["ServiceNamespace"]: each.get("LastAuthenticated") for each in report["ServicesLastAccessed"]
        }
    assert found["idle"] == {"s3": None, "sqs": None}
    assert found["busy"]["s3"] is None
    assert abs((found["busy"]["sqs"] - last["LastUsedDate"]).total_seconds()) < 1


def test_a_key_knows_its_last_use_and_the_report_tells_it(cloud: Running, account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("sqs:*"))
    keys = keys_of(account, "ann")
    which = {"AccessKeyId": keys["aws_access_key_id"]}
    assert iam.get_access_key_last_used(**which)["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    account.session(**keys).client("sqs", region_name="eu-west-1", endpoint_url=account.running.endpoint).list_queues()
    used(cloud)
    found = iam.get_access_key_last_used(**which)
    assert (found["UserName"], found["AccessKeyLastUsed"]["Region"]) == ("ann", "eu-west-1")
    iam.generate_credential_report()
    cloud.settle()
    lines = iam.get_credential_report()["Content"].decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["user", "<root_account>", "ann"]
    assert ",eu-west-1,sqs," in lines[2]


def test_passwords_certificates_and_keys_on_the_wire(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="ann")
    with pytest.raises(iam.exceptions.PasswordPolicyViolationException):
        iam.create_login_profile(UserName="ann", Password="short")
    iam.create_login_profile(UserName="ann", Password="Tr0ub4dor&3")
    with pytest.raises(iam.exceptions.MalformedCertificateException):
        iam.upload_signing_certificate(UserName="ann", CertificateBody="rubbish")
    with pytest.raises(iam.exceptions.UnrecognizedPublicKeyEncodingException):
        iam.upload_ssh_public_key(UserName="ann", SSHPublicKeyBody="rubbish")
    with pytest.raises(iam.exceptions.CredentialReportNotPresentException):
        iam.get_credential_report()
    made = iam.create_service_specific_credential(UserName="ann", ServiceName="codecommit.amazonaws.com")
    assert made["ServiceSpecificCredential"]["ServiceUserName"] == f"ann-at-{account.number}"
    role = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["RoleName"]
    with pytest.raises(iam.exceptions.UnmodifiableEntityException):
        iam.delete_role(RoleName=role)
    details = iam.get_paginator("get_account_authorization_details").paginate()
    assert [user["UserName"] for page in details for user in page["UserDetailList"]] == ["ann"]
