"""Identity providers and MFA devices: what is taken, what is kept, what is refused."""

import json
from base64 import b32decode
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.one_time_codes import code
from skyjar.kernel.principals import Principal

ACCOUNT = "111122223333"
THUMBPRINT = "A" * 40


def refused(function: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return f"{caught.value.code}: {caught.value.message}"


def test_an_issuer_is_kept_by_its_address_without_the_scheme(desk: Any) -> None:
    iam = desk.ask("iam")
    made = iam.create_open_id_connect_provider(
        url="https://idp.example.com/a", client_id_list=["x", "x"], thumbprint_list=[THUMBPRINT]
    )
    arn = made["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/a"
    iam.add_client_id_to_open_id_connect_provider(open_id_connect_provider_arn=arn, client_id="y")
    iam.add_client_id_to_open_id_connect_provider(open_id_connect_provider_arn=arn, client_id="y")
    iam.remove_client_id_from_open_id_connect_provider(open_id_connect_provider_arn=arn, client_id="x")
    iam.tag_open_id_connect_provider(open_id_connect_provider_arn=arn, tags=[{"Key": "b", "Value": "1"}])
    iam.update_open_id_connect_provider_thumbprint(open_id_connect_provider_arn=arn, thumbprint_list=["b" * 40])
    assert iam.get_open_id_connect_provider(open_id_connect_provider_arn=arn) == {
        "Url": "idp.example.com/a",
        "ClientIDList": ["y"],
        "ThumbprintList": ["b" * 40],
        "CreateDate": desk.clock.now(),
        "Tags": [{"Key": "b", "Value": "1"}],
    }
    assert iam.list_open_id_connect_providers() == {"OpenIDConnectProviderList": [{"Arn": arn}]}
    again = refused(iam.create_open_id_connect_provider, url="https://idp.example.com/a")
    assert again == "EntityAlreadyExists: Provider with url https://idp.example.com/a already exists."
    iam.delete_open_id_connect_provider(open_id_connect_provider_arn=arn)
    iam.delete_open_id_connect_provider(open_id_connect_provider_arn=arn)
    gone = refused(iam.get_open_id_connect_provider, open_id_connect_provider_arn=arn)
    assert gone == f"NoSuchEntity: OpenIDConnect Provider not found for arn {arn}"


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example.com",
        "https://idp.example.com:8443",
        "https://idp.example.com/?a=b",
        "https://idp.example.com/#a",
        "https://me@idp.example.com",
        "https://[bad",
        "https://",
        "ftp://localhost",
        "idp.example.com",
    ],
)
def test_addresses_that_are_no_issuers(desk: Any, url: str) -> None:
    found = refused(desk.ask("iam").create_open_id_connect_provider, url=url)
    assert found == "InvalidInput: Invalid Open ID Connect Provider URL"


def test_an_issuer_on_this_machine_needs_no_certificate(desk: Any) -> None:
    arn = desk.ask("iam").create_open_id_connect_provider(url="http://127.0.0.1:8080/r")["OpenIDConnectProviderArn"]
    assert arn.endswith(":oidc-provider/127.0.0.1:8080/r")
    found = desk.ask("iam").get_open_id_connect_provider(open_id_connect_provider_arn=arn)
    assert found["Url"] == "http://127.0.0.1:8080/r"


def test_what_an_issuer_may_have(desk: Any) -> None:
    create = desk.ask("iam").create_open_id_connect_provider
    many = refused(create, url="https://a.example", client_id_list=[str(n) for n in range(101)])
    assert many == "LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
    assert "Thumbprint list" in refused(create, url="https://a.example", thumbprint_list=[THUMBPRINT] * 6)
    assert "Invalid thumbprint" in refused(create, url="https://a.example", thumbprint_list=["g" * 40])


def test_metadata_that_is_none_is_refused(desk: Any) -> None:
    iam = desk.ask("iam")
    for document in ("", "<a/>", "<a", f"<EntityDescriptor {'x' * 1000}/>"):
        found = refused(iam.create_saml_provider, name="corp", saml_metadata_document=document)
        assert found == "InvalidInput: Could not parse metadata"
    assert iam.list_saml_providers() == {"SAMLProviderList": []}


def test_tags_of_a_provider_are_judged(desk: Any) -> None:
    iam = desk.ask("iam")
    arns = [
        iam.create_open_id_connect_provider(url=f"https://{team}.example", tags=[{"Key": "team", "Value": team}])
        for team in ("red", "blue")
    ]
    red, blue = ({"open_id_connect_provider_arn": each["OpenIDConnectProviderArn"]} for each in arns)
    user = iam.create_user(user_name="ann")["User"]
    allowed = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    allowed["Condition"] = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=policy)
    ann = desk.ask("iam", Principal(kind="user", account=ACCOUNT, arn=user["Arn"], id=user["UserId"], name="ann"))
    assert ann.get_open_id_connect_provider(**red)["Url"] == "red.example"
    assert refused(ann.get_open_id_connect_provider, **blue).startswith("AccessDenied")


@pytest.fixture
def seeded(desk: Any) -> tuple[Any, str, bytes]:
    iam = desk.ask("iam")
    iam.create_user(user_name="ann")
    made = iam.create_virtual_mfa_device(virtual_mfa_device_name="phone")["VirtualMFADevice"]
    assert made["SerialNumber"] == f"arn:aws:iam::{ACCOUNT}:mfa/phone"
    assert made["QRCodePNG"].startswith(b"\x89PNG")
    assert len(made["Base32StringSeed"]) == 64
    return iam, made["SerialNumber"], b32decode(made["Base32StringSeed"])


def codes(desk: Any, seed: bytes, ahead: int = 0) -> dict[str, str]:
    step = int(desk.clock.now()) // 30 + ahead
    return {"authentication_code1": code(seed, step), "authentication_code2": code(seed, step + 1)}


def test_a_device_is_enabled_by_two_codes_in_a_row(desk: Any, seeded: tuple[Any, str, bytes]) -> None:
    iam, serial, seed = seeded
    device = {"user_name": "ann", "serial_number": serial}
    wrong = {"authentication_code1": code(seed, 1), "authentication_code2": code(seed, 2)}
    found = refused(iam.enable_mfa_device, **device, **wrong)
    assert found == "InvalidAuthenticationCode: Authentication code for device is not valid."
    assert iam.list_mfa_devices(user_name="ann")["MFADevices"] == []
    assert [each["SerialNumber"] for each in iam.list_virtual_mfa_devices()["VirtualMFADevices"]] == [serial]
    iam.enable_mfa_device(**device, **codes(desk, seed, ahead=3))
    (shown,) = iam.list_mfa_devices(user_name="ann")["MFADevices"]
    assert shown == {"UserName": "ann", "SerialNumber": serial, "EnableDate": desk.clock.now()}
    assert refused(iam.enable_mfa_device, **device, **codes(desk, seed)).startswith("EntityAlreadyExists")
    iam.resync_mfa_device(**device, **codes(desk, seed, ahead=-5))
    assert iam.list_virtual_mfa_devices(assignment_status="Unassigned")["VirtualMFADevices"] == []
    (held,) = iam.list_virtual_mfa_devices(assignment_status="Assigned")["VirtualMFADevices"]
    assert held["User"]["UserName"] == "ann"
    assert iam.get_account_summary()["SummaryMap"]["MFADevicesInUse"] == 1


def test_a_device_goes_with_its_user(desk: Any, seeded: tuple[Any, str, bytes]) -> None:
    iam, serial, seed = seeded
    iam.enable_mfa_device(user_name="ann", serial_number=serial, **codes(desk, seed))
    assert "must delete MFA device first" in refused(iam.delete_user, user_name="ann")
    assert "must deactivate first" in refused(iam.delete_virtual_mfa_device, serial_number=serial).lower()
    iam.update_user(user_name="ann", new_user_name="eva")
    assert [each["UserName"] for each in iam.list_mfa_devices(user_name="eva")["MFADevices"]] == ["eva"]
    iam.create_user(user_name="bob")
    other = refused(iam.deactivate_mfa_device, user_name="bob", serial_number=serial)
    assert other == "NoSuchEntity: MFA Device invalid for user."
    iam.deactivate_mfa_device(user_name="eva", serial_number=serial)
    iam.delete_virtual_mfa_device(serial_number=serial)
    iam.delete_user(user_name="eva")
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
