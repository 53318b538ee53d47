"""Settings of text messages, the sandbox's numbers, platform applications."""

from __future__ import annotations

import re

import pytest

from skyjar.services.sns import captured_state

from .conftest import Topics, refused


def test_settings_are_kept_and_read_back(topics: Topics) -> None:
    sns = topics.sns
    sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional", "DefaultSenderID": "Me"})
    assert sns.get_sms_attributes()["attributes"] == {
        "MonthlySpendLimit": "1",
        "DefaultSMSType": "Transactional",
        "DefaultSenderID": "Me",
    }
    assert sns.get_sms_attributes(attributes=["DefaultSenderID"])["attributes"] == {"DefaultSenderID": "Me"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("DefaultSMSType", "Loud"), ("DefaultSenderID", "123"), ("MonthlySpendLimit", "x"), ("Colour", "red")],
)
def test_settings_are_checked(topics: Topics, name: str, value: str) -> None:
    assert refused(topics.sns.set_sms_attributes, attributes={name: value}).startswith("InvalidParameter")


def test_a_number_is_verified_by_the_code_that_was_sent(topics: Topics) -> None:
    sns = topics.sns
    assert sns.get_sms_sandbox_account_status() == {"IsInSandbox": False}
    sns.create_sms_sandbox_phone_number(phone_number="+491234567")
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == [{"PhoneNumber": "+491234567", "Status": "Pending"}]
    assert refused(
        sns.verify_sms_sandbox_phone_number, phone_number="+491234567", one_time_password="000000x"
    ).startswith("VerificationException")

    def last(tx: object) -> str:
        found = captured_state.captured.range(captured_state.everywhere(topics.desk.call(tx)), reverse=True, limit=1)
        return found[0].body

    found = re.search(r"\d{6}", topics.desk.store.transact(last))
    assert found is not None
    sns.verify_sms_sandbox_phone_number(phone_number="+491234567", one_time_password=found[0])
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"][0]["Status"] == "Verified"
    sns.delete_sms_sandbox_phone_number(phone_number="+491234567")
    assert refused(sns.delete_sms_sandbox_phone_number, phone_number="+491234567").startswith("ResourceNotFound")
    assert sns.list_origination_numbers()["PhoneNumbers"] == []


def test_platform_applications_and_their_endpoints(topics: Topics) -> None:
    sns = topics.sns
    assert "Platform credential is required" in refused(
        sns.create_platform_application, name="a", platform="GCM", attributes={}
    )
    given = {"attributes": {"PlatformCredential": "x"}}
    arns = [
        sns.create_platform_application(name=name, platform="APNS", **given)["PlatformApplicationArn"]
        for name in ("a", "b")
    ]
    assert refused(sns.create_platform_application, name="a", platform="FAX", **given).startswith("InvalidParameter")
    sns.set_platform_application_attributes(
        platform_application_arn=arns[0], attributes={"SuccessFeedbackSampleRate": "5"}
    )
    found = sns.list_platform_applications()["PlatformApplications"]
    assert [each["PlatformApplicationArn"] for each in found] == arns
    assert found[0]["Attributes"] == {"Enabled": "true", "SuccessFeedbackSampleRate": "5"}
    device = sns.create_platform_endpoint(platform_application_arn=arns[0], token="t", custom_user_data="u")[
        "EndpointArn"
    ]
    assert "already exists with the same Token" in refused(
        sns.create_platform_endpoint, platform_application_arn=arns[0], token="t"
    )
    sns.set_endpoint_attributes(endpoint_arn=device, attributes={"CustomUserData": "v"})
    assert sns.get_endpoint_attributes(endpoint_arn=device)["Attributes"] == {
        "Enabled": "true",
        "Token": "t",
        "CustomUserData": "v",
    }
    [shown] = sns.list_endpoints_by_platform_application(platform_application_arn=arns[0])["Endpoints"]
    assert shown["EndpointArn"] == device
    sns.delete_platform_application(platform_application_arn=arns[0])
    assert refused(sns.get_endpoint_attributes, endpoint_arn=device).startswith("NotFound")
    assert (
        refused(sns.get_platform_application_attributes, platform_application_arn=arns[0])
        == "NotFound: PlatformApplication does not exist"
    )
