"""AWS::IAM::* in a stack: made, changed, deleted."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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


def further(client: str, subject: str, document: dict[str, Any]) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
    certificate = made.sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    encoded = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    metadata = (
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:{subject}"><IDPSSODescriptor>'
        '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>'
        f"{encoded}</X509Certificate></X509Data></KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>"
    )
    properties: dict[str, tuple[str, dict[str, Any]]] = {
        "Issuer": ("OIDCProvider", {"Url": "https://idp.example.com", "ClientIdList": ["app", client]}),
        "Saml": ("SAMLProvider", {"Name": "corp", "SamlMetadataDocument": metadata}),
        "Certificate": (
            "ServerCertificate",
            {
                "CertificateBody": certificate.public_bytes(Encoding.PEM).decode(),
                "PrivateKey": private,
                "Tags": [{"Key": subject, "Value": "1"}],
            },
        ),
        "Linked": ("ServiceLinkedRole", {"AWSServiceName": "ecs.amazonaws.com", "Description": subject}),
        "Device": ("VirtualMFADevice", {"Users": [], "Tags": [{"Key": subject, "Value": "1"}]}),
        "User": (
            "User",
            {"UserName": "ann", "LoginProfile": {"Password": f"Password-{subject}", "PasswordResetRequired": True}},
        ),
        "Key": ("AccessKey", {"UserName": {"Ref": "User"}, "Serial": 1 if subject == "a" else 2}),
        "Group": ("Group", {"GroupName": "g"}),
        "Member": ("UserToGroupAddition", {"GroupName": {"Ref": "Group"}, "Users": [{"Ref": "User"}]}),
        "Own": ("UserPolicy", {"PolicyName": "p", "UserName": {"Ref": "User"}, "PolicyDocument": document}),
    }
    resources = {name: {"Type": f"AWS::IAM::{kind}", "Properties": of} for name, (kind, of) in properties.items()}
    return json.dumps(
        {
            "Resources": resources,
            "Outputs": {
                "Issuer": {"Value": {"Ref": "Issuer"}},
                "Saml": {"Value": {"Fn::GetAtt": ["Saml", "Arn"]}},
                "Linked": {"Value": {"Ref": "Linked"}},
                "Certificate": {"Value": {"Ref": "Certificate"}},
                "Device": {"Value": {"Ref": "Device"}},
                "Key": {"Value": {"Ref": "Key"}},
            },
        }
    )


def test_a_stack_of_providers_certificates_and_memberships(desk: Any) -> None:
    cfn, iam = desk.ask("cloudformation"), desk.ask("iam")
    may = {"stack_name": "s", "capabilities": ["CAPABILITY_NAMED_IAM"]}
    cfn.create_stack(**may, template_body=further("one", "a", SQS))
    desk.settle()
    found = outputs(desk)
    first = iam.get_saml_provider(saml_provider_arn=found["Saml"])["SAMLMetadataDocument"]
    issuer = {"open_id_connect_provider_arn": found["Issuer"]}
    assert iam.get_open_id_connect_provider(**issuer)["ClientIDList"] == ["app", "one"]
    assert [each["GroupName"] for each in iam.list_groups_for_user(user_name="ann")["Groups"]] == ["g"]
    assert iam.get_role(role_name=found["Linked"])["Role"]["Description"] == "a"

    cfn.update_stack(**may, template_body=further("two", "b", SSM))
    desk.settle()
    changed = outputs(desk)
    assert changed["Issuer"] == found["Issuer"]
    assert changed["Device"] == found["Device"]
    (key,) = iam.list_access_keys(user_name="ann")["AccessKeyMetadata"]
    assert key["AccessKeyId"] == changed["Key"] != found["Key"]
    assert iam.get_login_profile(user_name="ann")["LoginProfile"]["PasswordResetRequired"] is True
    assert iam.list_mfa_device_tags(serial_number=found["Device"])["Tags"] == [{"Key": "b", "Value": "1"}]
    assert iam.get_open_id_connect_provider(**issuer)["ClientIDList"] == ["app", "two"]
    assert iam.get_saml_provider(saml_provider_arn=found["Saml"])["SAMLMetadataDocument"] != first
    assert iam.get_role(role_name=found["Linked"])["Role"]["Description"] == "b"
    assert "ssm" in iam.get_user_policy(user_name="ann", policy_name="p")["PolicyDocument"]
    (certificate,) = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert certificate["ServerCertificateName"] == changed["Certificate"] != found["Certificate"]

    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []
    assert iam.list_roles()["Roles"] == []
    assert iam.list_users()["Users"] == []
