"""Accounts: made by a job, moved, closed, invited, and out again."""

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root

DAY_S = 86_400
GUEST = "444455556666"


def refusal(function: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code, str(caught.value.fields.get("Reason", ""))


def organization(desk: Any, feature_set: str = "ALL") -> Any:
    orgs = desk.ask("organizations")
    orgs.create_organization(feature_set=feature_set)
    return orgs


def create(desk: Any, email: str = "dev@example.com", **more: Any) -> Any:
    asked = desk.ask("organizations").create_account(email=email, account_name="dev", **more)["CreateAccountStatus"]
    assert asked["State"] == "IN_PROGRESS"
    desk.settle()
    return desk.ask("organizations").describe_create_account_status(create_account_request_id=asked["Id"])[
        "CreateAccountStatus"
    ]


def test_an_account_is_made_with_a_role_for_the_management_account(desk: Any) -> None:
    orgs = organization(desk)
    status = create(desk, tags=[{"Key": "team", "Value": "a"}])
    assert status["State"] == "SUCCEEDED"
    number = status["AccountId"]
    shown = orgs.describe_account(account_id=number)["Account"]
    found = orgs.describe_organization()["Organization"]
    parent = orgs.list_roots()["Roots"][0]["Id"]
    assert shown["Paths"] == [f"{found['Id']}/{parent}/{number}/"]
    assert (shown["Status"], shown["JoinedMethod"], shown["Email"]) == ("ACTIVE", "CREATED", "dev@example.com")
    assert orgs.list_tags_for_resource(resource_id=number)["Tags"] == [{"Key": "team", "Value": "a"}]
    arn = f"arn:aws:iam::{number}:role/OrganizationAccountAccessRole"
    for each in (desk.account, number):
        linked = desk.ask("iam", root(each)).get_role(role_name="AWSServiceRoleForOrganizations")["Role"]
        assert linked["Path"] == "/aws-service-role/organizations.amazonaws.com/"
    session = desk.ask("sts").assume_role(role_arn=arn, role_session_name="s")
    assert session["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{number}:assumed-role/")


def test_an_email_serves_once(desk: Any) -> None:
    organization(desk)
    create(desk)
    again = create(desk)
    assert (again["State"], again["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    states = desk.ask("organizations").list_create_account_status(states=["FAILED"])["CreateAccountStatuses"]
    assert [each["Id"] for each in states] == [again["Id"]]


def test_ten_accounts_and_no_more(desk: Any) -> None:
    orgs = organization(desk)
    for number in range(9):
        assert create(desk, f"a{number}@example.com")["State"] == "SUCCEEDED"
    assert refusal(orgs.create_account, email="b@example.com", account_name="b") == (
        "ConstraintViolationException",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
    )
    first = orgs.list_accounts(max_results=4)
    rest = orgs.list_accounts(next_token=first["NextToken"])
    assert len(first["Accounts"]) == 4
    assert len(rest["Accounts"]) == 6
    assert refusal(orgs.list_accounts, next_token="eHh4") == ("InvalidInputException", "INVALID_NEXT_TOKEN")


def test_a_new_account_may_leave_after_a_week(desk: Any) -> None:
    orgs = organization(desk)
    number = create(desk)["AccountId"]
    assert refusal(orgs.remove_account_from_organization, account_id=number) == (
        "ConstraintViolationException",
        "WAIT_PERIOD_ACTIVE",
    )
    assert refusal(orgs.delete_organization)[0] == "OrganizationNotEmptyException"
    desk.advance(7 * DAY_S)
    desk.ask("organizations", root(number)).leave_organization()
    assert refusal(desk.ask("organizations", root(number)).describe_organization)[0] == (
        "AWSOrganizationsNotInUseException"
    )
    assert refusal(orgs.leave_organization)[0] == "MasterCannotLeaveOrganizationException"
    orgs.delete_organization()
    assert refusal(orgs.list_roots)[0] == "AWSOrganizationsNotInUseException"


def test_a_closed_account_is_suspended_for_90_days(desk: Any) -> None:
    orgs = organization(desk)
    number = create(desk)["AccountId"]
    orgs.close_account(account_id=number)
    assert orgs.describe_account(account_id=number)["Account"]["Status"] == "PENDING_CLOSURE"
    desk.settle()
    assert orgs.describe_account(account_id=number)["Account"]["Status"] == "SUSPENDED"
    assert refusal(orgs.close_account, account_id=number)[0] == "AccountAlreadyClosedException"
    assert refusal(orgs.close_account, account_id=desk.account)[1] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"
    desk.advance(90 * DAY_S)
    assert refusal(orgs.describe_account, account_id=number)[0] == "AccountNotFoundException"


def test_an_invited_account_answers(desk: Any) -> None:
    orgs, guest = organization(desk), desk.ask("organizations", root(GUEST))
    target = {"Id": GUEST, "Type": "ACCOUNT"}
    asked = orgs.invite_account_to_organization(target=target, notes="come")["Handshake"]
    assert asked["State"] == "OPEN"
    assert refusal(orgs.invite_account_to_organization, target=target)[0] == "DuplicateHandshakeException"
    assert [each["Id"] for each in guest.list_handshakes_for_account()["Handshakes"]] == [asked["Id"]]
    assert refusal(orgs.accept_handshake, handshake_id=asked["Id"])[0] == "InvalidHandshakeTransitionException"
    stranger = desk.ask("organizations", root("999999999999"))
    assert refusal(stranger.accept_handshake, handshake_id=asked["Id"])[0] == "HandshakeNotFoundException"
    assert guest.accept_handshake(handshake_id=asked["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert refusal(guest.accept_handshake, handshake_id=asked["Id"])[0] == "HandshakeAlreadyInStateException"
    assert refusal(guest.decline_handshake, handshake_id=asked["Id"])[0] == "InvalidHandshakeTransitionException"
    assert orgs.describe_account(account_id=GUEST)["Account"]["JoinedMethod"] == "INVITED"
    assert refusal(orgs.invite_account_to_organization, target=target)[1] == "ALREADY_IN_AN_ORGANIZATION"
    assert refusal(guest.create_organization)[0] == "AlreadyInOrganizationException"
    orgs.remove_account_from_organization(account_id=GUEST)
    assert len(orgs.list_accounts()["Accounts"]) == 1


def test_an_invitation_ends_by_itself_and_is_forgotten(desk: Any) -> None:
    orgs = organization(desk)
    asked = orgs.invite_account_to_organization(target={"Id": GUEST, "Type": "ACCOUNT"})["Handshake"]
    desk.advance(15 * DAY_S)
    assert orgs.describe_handshake(handshake_id=asked["Id"])["Handshake"]["State"] == "EXPIRED"
    desk.advance(30 * DAY_S)
    assert refusal(orgs.describe_handshake, handshake_id=asked["Id"])[0] == "HandshakeNotFoundException"


def test_all_features_need_every_invited_account(desk: Any) -> None:
    orgs, guest = organization(desk, "CONSOLIDATED_BILLING"), desk.ask("organizations", root(GUEST))
    parent = orgs.list_roots()["Roots"][0]["Id"]
    enable = {"root_id": parent, "policy_type": "SERVICE_CONTROL_POLICY"}
    assert refusal(orgs.enable_policy_type, **enable)[0] == "PolicyTypeNotAvailableForOrganizationException"
    asked = orgs.invite_account_to_organization(target={"Id": f"{GUEST}@skyjar.invalid", "Type": "EMAIL"})["Handshake"]
    guest.accept_handshake(handshake_id=asked["Id"])
    whole = orgs.enable_all_features()["Handshake"]
    assert whole["State"] == "REQUESTED"
    assert refusal(orgs.enable_all_features)[1] == "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    assert refusal(orgs.accept_handshake, handshake_id=whole["Id"])[0] == "InvalidHandshakeTransitionException"
    part = guest.list_handshakes_for_account(filter={"ActionType": "APPROVE_ALL_FEATURES"})["Handshakes"][0]
    guest.accept_handshake(handshake_id=part["Id"])
    orgs.accept_handshake(handshake_id=whole["Id"])
    assert guest.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    orgs.enable_policy_type(**enable)


def test_members_may_only_look_after_themselves(desk: Any) -> None:
    orgs = organization(desk)
    number = create(desk)["AccountId"]
    member = desk.ask("organizations", root(number))
    assert refusal(member.list_accounts)[0] == "AccessDeniedException"
    assert refusal(orgs.register_delegated_administrator, account_id=number, service_principal="x.amazonaws.com") == (
        "ConstraintViolationException",
        "SERVICE_ACCESS_NOT_ENABLED",
    )
    orgs.enable_aws_service_access(service_principal="x.amazonaws.com")
    orgs.register_delegated_administrator(account_id=number, service_principal="x.amazonaws.com")
    assert len(member.list_accounts()["Accounts"]) == 2
    assert refusal(member.close_account, account_id=number)[0] == "AccessDeniedException"
    listed = orgs.list_delegated_administrators()["DelegatedAdministrators"]
    assert [each["Id"] for each in listed] == [number]
    assert refusal(orgs.close_account, account_id=number)[1] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    orgs.deregister_delegated_administrator(account_id=number, service_principal="x.amazonaws.com")
    assert refusal(orgs.list_delegated_services_for_account, account_id=number)[0] == "AccountNotRegisteredException"
