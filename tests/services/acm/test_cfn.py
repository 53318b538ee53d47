"""AWS::CertificateManager::Certificate and Account in a stack."""

from __future__ import annotations

import json
from typing import Any

KIND = "AWS::CertificateManager::Certificate"


def template(kind: str = KIND, **properties: Any) -> str:
    return json.dumps({"Resources": {"C": {"Type": kind, "Properties": properties}}})


def status(desk: Any) -> str:
    found: str = desk.ask("cloudformation").list_stacks()["StackSummaries"][0]["StackStatus"]
    return found


def made(desk: Any, **properties: Any) -> None:
    desk.ask("cloudformation").create_stack(stack_name="s", template_body=template(**properties))
    desk.settle()


def test_a_stack_waits_until_the_certificate_is_issued(desk: Any, acm: Any, visit: Any) -> None:
    made(desk, DomainName="example.com", ValidationMethod="DNS", Tags=[{"Key": "a", "Value": "1"}])
    assert status(desk) == "CREATE_IN_PROGRESS"
    desk.advance(7200)
    assert status(desk) == "CREATE_IN_PROGRESS"
    [found] = acm.list_certificates()["CertificateSummaryList"]
    visit(found["CertificateArn"])
    assert status(desk) == "CREATE_COMPLETE"
    cfn = desk.ask("cloudformation")
    resource = cfn.describe_stack_resources(stack_name="s")["StackResources"][0]
    assert resource["PhysicalResourceId"] == found["CertificateArn"]
    cfn.update_stack(
        stack_name="s",
        template_body=template(DomainName="example.com", ValidationMethod="DNS", Tags=[{"Key": "b", "Value": "2"}]),
    )
    desk.settle()
    tags = acm.list_tags_for_certificate(certificate_arn=found["CertificateArn"])["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}]
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert acm.list_certificates() == {"CertificateSummaryList": []}


def test_the_record_is_made_in_the_zone_that_the_template_names(desk: Any, acm: Any, zones: Any) -> None:
    zones["example.com."] = {}
    options = [{"DomainName": "example.com", "HostedZoneId": "example.com."}]
    made(desk, DomainName="example.com", ValidationMethod="DNS", DomainValidationOptions=options)
    desk.advance(10)
    assert status(desk) == "CREATE_COMPLETE"
    validated = acm.describe_certificate(
        certificate_arn=acm.list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
    )
    record = validated["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
    assert zones["example.com."][record["Name"]] == record["Value"]


def test_a_request_that_times_out_fails_and_leaves_nothing(desk: Any, acm: Any) -> None:
    made(desk, DomainName="example.com", ValidationMethod="DNS")
    desk.advance(72 * 3600)
    assert status(desk) == "ROLLBACK_COMPLETE"
    events = desk.ask("cloudformation").describe_stack_events(stack_name="s")["StackEvents"]
    assert any("VALIDATION_TIMED_OUT" in event.get("ResourceStatusReason", "") for event in events)
    assert acm.list_certificates() == {"CertificateSummaryList": []}


def test_an_account_is_configured(desk: Any, acm: Any) -> None:
    made(desk, kind="AWS::CertificateManager::Account", ExpiryEventsConfiguration={"DaysBeforeExpiry": 7})
    assert acm.get_account_configuration() == {"ExpiryEvents": {"DaysBeforeExpiry": 7}}
    desk.ask("cloudformation").delete_stack(stack_name="s")
    desk.settle()
    assert acm.get_account_configuration() == {"ExpiryEvents": {"DaysBeforeExpiry": 45}}
