"""AWS::IAM::* in a stack: made, changed, deleted."""

import json
from typing import Any

SQS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
SSM = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
XRAY = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"


def template(document: dict[str, Any], managed: str, tag: str) -> str:
    resources = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": TRUST,
                "ManagedPolicyArns": [managed],
                "Policies": [{"PolicyName": "own", "PolicyDocument": document}],
                "Tags": [{"Key": tag, "Value": "1"}],
            },
        },
        "Group": {"Type": "AWS::IAM::Group", "Properties": {"ManagedPolicyArns": [managed]}},
        "User": {
            "Type": "AWS::IAM::User",
            "Properties": {"UserName": "ann", "Groups": [{"Ref": "Group"}]},
        },
        "Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}}},
        "Inline": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": "inline",
                "PolicyDocument": document,
                "Roles": [{"Ref": "Role"}],
                "Users": [{"Ref": "User"}],
            },
        },
        "Managed": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"ManagedPolicyName": "shared", "PolicyDocument": document, "Users": [{"Ref": "User"}]},
        },
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
    }
    outputs = {
        "RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
        "Role": {"Value": {"Ref": "Role"}},
        "Secret": {"Value": {"Fn::GetAtt": ["Key", "SecretAccessKey"]}},
        "Managed": {"Value": {"Ref": "Managed"}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def outputs(desk: Any) -> dict[str, str]:
    stack = desk.ask("cloudformation").describe_stacks(stack_name="s")["Stacks"][0]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), [
        (event.get("LogicalResourceId"), event.get("ResourceStatusReason"))
        for event in desk.ask("cloudformation").describe_stack_events(stack_name="s")["StackEvents"]
    ]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def test_a_stack_of_identities(desk: Any) -> None:
    cfn, iam = desk.ask("cloudformation"), desk.ask("iam")
    cfn.create_stack(stack_name="s", template_body=template(SQS, BASIC, "a"), capabilities=["CAPABILITY_NAMED_IAM"])
    desk.settle()
    found = outputs(desk)
    role = found["Role"]
    assert found["RoleArn"] == f"arn:aws:iam::{desk.account}:role/{role}"
    assert role.startswith("s-Role-")
    assert len(found["Secret"]) == 40
    assert iam.list_role_policies(role_name=role)["PolicyNames"] == ["inline", "own"]
    assert iam.list_user_policies(user_name="ann")["PolicyNames"] == ["inline"]
    assert len(iam.list_groups_for_user(user_name="ann")["Groups"]) == 1

    cfn.update_stack(stack_name="s", template_body=template(SSM, XRAY, "b"), capabilities=["CAPABILITY_NAMED_IAM"])
    desk.settle()
    assert outputs(desk)["Role"] == role
    attached = iam.list_attached_role_policies(role_name=role)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [XRAY]
    for policy in ("inline", "own"):
        assert "ssm" in iam.get_role_policy(role_name=role, policy_name=policy)["PolicyDocument"]
    assert iam.get_policy(policy_arn=found["Managed"])["Policy"]["DefaultVersionId"] == "v2"
    assert iam.list_role_tags(role_name=role)["Tags"] == [{"Key": "b", "Value": "1"}]

    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert iam.list_roles()["Roles"] == []
    assert iam.list_users()["Users"] == []
    assert iam.list_groups()["Groups"] == []
    assert iam.list_policies(scope="Local")["Policies"] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
