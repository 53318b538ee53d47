"""What was used when, and the reports on it; service-linked roles, which only their service may change."""

import csv
import io
import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.kernel.principals import service as service_principal


def refused(function: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return f"{caught.value.code}: {caught.value.message}"


def document(*actions: str) -> str:
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


def user(desk: Any, name: str, *actions: str) -> Principal:
    iam = desk.ask("iam")
    made = iam.create_user(user_name=name)["User"]
    iam.put_user_policy(user_name=name, policy_name="p", policy_document=document(*actions))
    return Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name=name)


def report(desk: Any, arn: str, **more: Any) -> dict[str, Any]:
    iam = desk.ask("iam")
    job = iam.generate_service_last_accessed_details(arn=arn, **more)["JobId"]
    assert iam.get_service_last_accessed_details(job_id=job)["JobStatus"] == "IN_PROGRESS"
    desk.settle()
    found: dict[str, Any] = iam.get_service_last_accessed_details(job_id=job)
    assert found["JobStatus"] == "COMPLETED"
    return {"job": job, **{each["ServiceNamespace"]: each for each in found["ServicesLastAccessed"]}}


def test_a_report_tells_what_may_be_used_and_when_it_was(desk: Any) -> None:
    ann = user(desk, "ann", "sqs:*", "s3:GetObject")
    assert "LastAuthenticated" not in report(desk, ann.arn)["sqs"]
    desk.ask("sqs", ann).list_queues()
    with pytest.raises(AWSError):
        desk.ask("s3", ann).list_buckets()
    desk.pipeline.records.flush()
    first = desk.clock.now()
    found = report(desk, ann.arn)
    assert set(found) == {"job", "s3", "sqs"}
    assert found["sqs"]["ServiceName"] == "Amazon Simple Queue Service"
    assert (found["sqs"]["LastAuthenticated"], found["sqs"]["LastAuthenticatedEntity"]) == (first, ann.arn)
    assert found["sqs"]["LastAuthenticatedRegion"] == "us-east-1"
    assert found["s3"]["TotalAuthenticatedEntities"] == 1
    desk.advance(120)
    desk.ask("sqs", ann).create_queue(queue_name="q")
    desk.pipeline.records.flush()
    actions = report(desk, ann.arn, granularity="ACTION_LEVEL")["sqs"]["TrackedActionsLastAccessed"]
    assert {each["ActionName"]: each["LastAccessedTime"] for each in actions} == {
        "CreateQueue": first + 120,
        "ListQueues": first,
    }


def test_a_report_on_a_policy_names_those_who_have_it(desk: Any) -> None:
    iam = desk.ask("iam")
    arn = iam.create_policy(policy_name="shared", policy_document=document("sqs:*"))["Policy"]["Arn"]
    ann, _ = user(desk, "ann", "s3:*"), user(desk, "bob", "s3:*")
    iam.create_group(group_name="g")
    iam.add_user_to_group(group_name="g", user_name="bob")
    iam.attach_user_policy(user_name="ann", policy_arn=arn)
    iam.attach_group_policy(group_name="g", policy_arn=arn)
    desk.ask("sqs", ann).list_queues()
    desk.pipeline.records.flush()
    found = report(desk, arn)
    assert set(found) == {"job", "sqs"}
    assert found["sqs"]["TotalAuthenticatedEntities"] == 1
    shown = iam.get_service_last_accessed_details_with_entities(job_id=found["job"], service_namespace="sqs")
    used = {each["EntityInfo"]["Name"]: each.get("LastAuthenticated") for each in shown["EntityDetailsList"]}
    assert used == {"ann": desk.clock.now(), "bob": None}
    granting = iam.list_policies_granting_service_access(arn=ann.arn, service_namespaces=["sqs", "s3", "ec2"])
    assert [
        (each["ServiceNamespace"], [policy["PolicyName"] for policy in each["Policies"]])
        for each in granting["PoliciesGrantingServiceAccess"]
    ] == [("sqs", ["shared"]), ("s3", ["p"]), ("ec2", [])]


def test_what_no_report_is_made_of(desk: Any) -> None:
    iam = desk.ask("iam")
    make = iam.generate_service_last_accessed_details
    assert refused(make, arn="arn:aws:s3:::bucket-of-mine").startswith("InvalidInput")
    assert refused(make, arn=f"arn:aws:iam::{desk.account}:user/none").startswith("NoSuchEntity")
    assert refused(iam.get_service_last_accessed_details, job_id="x" * 36).startswith("NoSuchEntity")


def test_a_role_knows_its_last_use_until_it_is_gone(desk: Any) -> None:
    iam = desk.ask("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": desk.account}, "Action": "sts:AssumeRole"}
    role = {
        "role_name": "r",
        "assume_role_policy_document": json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    }
    made = iam.create_role(**role)["Role"]
    assert iam.get_role(role_name="r")["Role"]["RoleLastUsed"] == {}
    session = Principal(
        kind="role",
        account=desk.account,
        arn=f"arn:aws:sts::{desk.account}:assumed-role/r/me",
        id=f"{made['RoleId']}:me",
        name="r",
    )
    with pytest.raises(AWSError):
        desk.ask("sqs", session, region="eu-west-1").list_queues()
    desk.pipeline.records.flush()
    assert iam.get_role(role_name="r")["Role"]["RoleLastUsed"] == {
        "LastUsedDate": desk.clock.now(),
        "Region": "eu-west-1",
    }
    iam.delete_role(role_name="r")
    iam.create_role(**role)
    assert iam.get_role(role_name="r")["Role"]["RoleLastUsed"] == {}
    with pytest.raises(AWSError):
        desk.ask("sqs", session).list_queues()
    desk.pipeline.records.flush()
    assert iam.get_role(role_name="r")["Role"]["RoleLastUsed"]["Region"] == "us-east-1"


def test_the_credential_report_has_a_line_for_everybody(desk: Any) -> None:
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    iam.create_login_profile(user_name="ann", password="Tr0ub4dor&3")
    iam.create_access_key(user_name="ann")
    iam.update_account_password_policy(max_password_age=1)
    assert refused(iam.get_credential_report).startswith("ReportNotPresent")
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert refused(iam.get_credential_report).startswith("ReportInProgress")
    desk.settle()
    assert iam.generate_credential_report() == {"State": "COMPLETE"}
    found = iam.get_credential_report()
    root, ann = csv.DictReader(io.StringIO(found["Content"].decode()))
    assert (root["user"], root["arn"]) == ("<root_account>", f"arn:aws:iam::{desk.account}:root")
    assert len(ann) == 22
    assert ann["user_creation_time"] == "2027-01-15T08:00:00+00:00"
    assert (ann["password_enabled"], ann["password_next_rotation"]) == ("true", "2027-01-16T08:00:00+00:00")
    assert (ann["access_key_1_active"], ann["access_key_2_active"], ann["mfa_active"]) == ("true", "false", "false")
    assert ann["access_key_1_last_used_date"] == "N/A"
    desk.advance(4 * 3600)
    assert refused(iam.get_credential_report).startswith("ReportExpired")
    assert iam.generate_credential_report()["State"] == "STARTED"


def test_a_service_linked_role_is_its_services_alone(desk: Any) -> None:
    iam = desk.ask("iam")
    role = iam.create_service_linked_role(aws_service_name="ecs.amazonaws.com", description="d")["Role"]
    name = "AWSServiceRoleForECS"
    assert role["Arn"] == f"arn:aws:iam::{desk.account}:role/aws-service-role/ecs.amazonaws.com/{name}"
    taken = refused(iam.create_service_linked_role, aws_service_name="ecs.amazonaws.com")
    assert taken.startswith(f"InvalidInput: Service role name {name} has been taken in this account")
    for function, more in [
        (iam.delete_role, {}),
        (iam.update_role, {"max_session_duration": 7200}),
        (iam.update_assume_role_policy, {"policy_document": document("sts:*")}),
        (iam.put_role_policy, {"policy_name": "p", "policy_document": document("s3:*")}),
        (iam.attach_role_policy, {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        (iam.put_role_permissions_boundary, {"permissions_boundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ]:
        assert refused(function, role_name=name, **more).startswith("UnmodifiableEntity: Cannot perform the operation")
    iam.update_role_description(role_name=name, description="changed")
    assume = {"role_arn": role["Arn"], "role_session_name": "ecs"}
    assert desk.ask("sts", service_principal("ecs.amazonaws.com", desk.account)).assume_role(**assume)
    task = iam.delete_service_linked_role(role_name=name)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/ecs.amazonaws.com/{name}/")
    assert iam.get_service_linked_role_deletion_status(deletion_task_id=task) == {"Status": "IN_PROGRESS"}
    desk.settle()
    assert iam.get_service_linked_role_deletion_status(deletion_task_id=task) == {"Status": "SUCCEEDED"}
    assert refused(iam.get_role, role_name=name).startswith("NoSuchEntity")


def test_suffixes_and_reserved_paths(desk: Any) -> None:
    iam = desk.ask("iam")
    create = iam.create_service_linked_role
    named = create(aws_service_name="autoscaling.amazonaws.com", custom_suffix="blue")["Role"]["RoleName"]
    assert named == "AWSServiceRoleForAutoScaling_blue"
    assert refused(create, aws_service_name="ecs.amazonaws.com", custom_suffix="x").startswith("InvalidInput")
    assert refused(create, aws_service_name="unknown.amazonaws.com").startswith("InvalidInput")
    trust = {"Effect": "Allow", "Principal": {"AWS": desk.account}, "Action": "sts:AssumeRole"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    reserved = {"role_name": "x", "path": "/aws-service-role/x/", "assume_role_policy_document": text}
    assert refused(iam.create_role, **reserved).startswith("InvalidInput")
    iam.create_role(role_name="plain", assume_role_policy_document=text)
    assert refused(iam.delete_service_linked_role, role_name="plain").startswith("InvalidInput")


def test_everything_that_is_granted_in_one_list(desk: Any) -> None:
    iam = desk.ask("iam")
    user(desk, "ann", "s3:*")
    iam.create_group(group_name="g")
    iam.add_user_to_group(group_name="g", user_name="ann")
    iam.attach_group_policy(group_name="g", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_policy(policy_name="own", policy_document=document("sqs:*"))
    iam.create_service_linked_role(aws_service_name="ecs.amazonaws.com")
    whole = iam.get_account_authorization_details()
    (ann,), (group,), (role,) = whole["UserDetailList"], whole["GroupDetailList"], whole["RoleDetailList"]
    assert (ann["GroupList"], [each["PolicyName"] for each in ann["UserPolicyList"]]) == (["g"], ["p"])
    assert group["AttachedManagedPolicies"][0]["PolicyName"] == "AdministratorAccess"
    assert (role["RoleName"], role["InstanceProfileList"]) == ("AWSServiceRoleForECS", [])
    assert [each["PolicyName"] for each in whole["Policies"]] == ["own", "AdministratorAccess"]
    assert whole["Policies"][0]["PolicyVersionList"][0]["VersionId"] == "v1"
    seen, marker = [], ""
    while True:
        page = iam.get_account_authorization_details(max_items=2, marker=marker)
        seen += [len(page[name]) for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")]
        if not page["IsTruncated"]:
            break
        marker = page["Marker"]
    assert seen == [1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1]
    only = iam.get_account_authorization_details(filter=["Role"])
    assert (only["UserDetailList"], len(only["RoleDetailList"])) == ([], 1)
