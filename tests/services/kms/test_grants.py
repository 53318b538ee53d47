"""Grants: what they allow besides policies, within which constraints, and how they end."""

from typing import Any

import pytest

from skyjar.kernel.principals import service

from .conftest import allow, document
from .test_keys import create, refused


def grant(kms: Any, key: str, who: str, *operations: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = kms.create_grant(key_id=key, grantee_principal=who, operations=list(operations), **more)
    return made


def test_a_grant_allows_what_no_policy_does_until_it_is_revoked(desk: Any, kms: Any, user: Any) -> None:
    key, ann = create(kms)["KeyId"], user("ann")
    mine = desk.ask("kms", ann)
    asked = {"key_id": key, "plaintext": b"x"}
    refused("AccessDeniedException", mine.encrypt, **asked)
    made = grant(kms, key, ann.arn, "Encrypt")
    blob = mine.encrypt(**asked, grant_tokens=[made["GrantToken"]])["CiphertextBlob"]
    refused("AccessDeniedException", mine.decrypt, ciphertext_blob=blob)
    refused("AccessDeniedException", mine.revoke_grant, key_id=key, grant_id=made["GrantId"])
    kms.revoke_grant(key_id=key, grant_id=made["GrantId"])
    refused("AccessDeniedException", mine.encrypt, **asked)
    refused("InvalidGrantTokenException", kms.encrypt, **asked, grant_tokens=[made["GrantToken"]])
    refused("InvalidGrantTokenException", kms.encrypt, **asked, grant_tokens=["junk"])
    refused("InvalidGrantIdException", kms.revoke_grant, key_id=key, grant_id=made["GrantId"])


def test_a_grant_does_not_outdo_a_deny(desk: Any, kms: Any, user: Any) -> None:
    key, ann = create(kms)["KeyId"], user("ann", {**allow("kms:Encrypt"), "Effect": "Deny"})
    grant(kms, key, ann.arn, "Encrypt")
    told = refused("AccessDeniedException", desk.ask("kms", ann).encrypt, key_id=key, plaintext=b"x")
    assert told.endswith("with an explicit deny in an identity-based policy")


@pytest.mark.parametrize(
    ("constraint", "fitting", "other"),
    [
        ("EncryptionContextEquals", {"a": "1"}, {"a": "1", "b": "2"}),
        ("EncryptionContextSubset", {"a": "1", "b": "2"}, {"b": "2"}),
    ],
)
def test_constraints_hold_for_the_encryption_context(
    desk: Any, kms: Any, user: Any, constraint: str, fitting: dict[str, str], other: dict[str, str]
) -> None:
    key, ann = create(kms)["KeyId"], user("ann")
    grant(kms, key, ann.arn, "GenerateDataKey", "DescribeKey", constraints={constraint: {"a": "1"}})
    mine, asked = desk.ask("kms", ann), {"key_id": key, "key_spec": "AES_256"}
    mine.generate_data_key(**asked, encryption_context=fitting)
    mine.describe_key(key_id=key)
    for context in (other, {}):
        refused("AccessDeniedException", mine.generate_data_key, **asked, encryption_context=context)


def test_a_grant_to_create_grants_gives_no_more_than_itself(desk: Any, kms: Any, user: Any) -> None:
    key, ann, bob = create(kms)["KeyId"], user("ann"), user("bob")
    grant(kms, key, ann.arn, "CreateGrant", "Decrypt", constraints={"EncryptionContextSubset": {"a": "1"}})
    mine = desk.ask("kms", ann)
    narrow = {"constraints": {"EncryptionContextEquals": {"a": "1", "b": "2"}}}
    assert grant(mine, key, bob.arn, "Decrypt", **narrow)
    for operations, more in ((("Encrypt",), narrow), (("Decrypt",), {})):
        asked = {"key_id": key, "grantee_principal": bob.arn, "operations": list(operations), **more}
        refused("AccessDeniedException", mine.create_grant, **asked)


def test_who_retires_a_grant(desk: Any, kms: Any, user: Any) -> None:
    key, ann, bob = create(kms)["KeyId"], user("ann"), user("bob")
    first = grant(kms, key, ann.arn, "Decrypt", retiring_principal=bob.arn)
    second = grant(kms, key, ann.arn, "Decrypt", "RetireGrant")
    refused("AccessDeniedException", desk.ask("kms", ann).retire_grant, grant_token=first["GrantToken"])
    listed = kms.list_retirable_grants(retiring_principal=bob.arn)["Grants"]
    assert [each["GrantId"] for each in listed] == [first["GrantId"]]
    desk.ask("kms", bob).retire_grant(grant_token=first["GrantToken"])
    refused("ValidationException", kms.retire_grant, key_id=key)
    desk.ask("kms", ann).retire_grant(key_id=key, grant_id=second["GrantId"])
    assert kms.list_grants(key_id=key)["Grants"] == []


def test_the_same_name_and_parameters_are_the_same_grant(kms: Any, user: Any) -> None:
    key, ann = create(kms)["KeyId"], user("ann")
    one, two = (grant(kms, key, ann.arn, "Decrypt", name="n") for _ in range(2))
    assert one["GrantId"] == two["GrantId"]
    assert one["GrantToken"] != two["GrantToken"]
    assert grant(kms, key, ann.arn, "Encrypt", name="n")["GrantId"] != one["GrantId"]
    assert grant(kms, key, ann.arn, "Decrypt")["GrantId"] != one["GrantId"]
    page = kms.list_grants(key_id=key, limit=2)
    rest = kms.list_grants(key_id=key, limit=2, marker=page["NextMarker"])
    assert len(page["Grants"]) + len(rest["Grants"]) == 3


def test_grants_must_fit_the_key_and_name_who_exists(kms: Any, user: Any) -> None:
    key, ann = create(kms)["KeyId"], user("ann")
    asked = {"key_id": key, "grantee_principal": ann.arn}
    refused("ValidationException", kms.create_grant, **asked, operations=["Sign"])
    refused("ValidationException", kms.create_grant, key_id=key, operations=["Decrypt"])
    ghost = {"key_id": key, "grantee_principal": "arn:aws:iam::111122223333:role/ghost", "operations": ["Decrypt"]}
    assert refused("InvalidArnException", kms.create_grant, **ghost).startswith(
        "ARN does not refer to a valid principal"
    )
    kms.disable_key(key_id=key)
    refused("DisabledException", kms.create_grant, **asked, operations=["Decrypt"])


def test_a_grant_reaches_into_another_account(desk: Any, kms: Any, user: Any) -> None:
    key = create(kms)
    ann = user("ann", account="444455556666")
    grant(kms, key["KeyId"], ann.arn, "Encrypt")
    assert desk.ask("kms", ann).encrypt(key_id=key["Arn"], plaintext=b"x")["KeyId"] == key["Arn"]


def test_a_service_has_a_grant_for_one_of_its_resources(desk: Any, kms: Any) -> None:
    key = create(kms)
    source = "arn:aws:sns:us-east-1:111122223333:t"
    asked = {
        "key_id": key["KeyId"],
        "operations": ["GenerateDataKey"],
        "grantee_service_principal": "sns.amazonaws.com",
    }
    refused("ValidationException", kms.create_grant, **asked)
    retiring = {"retiring_principal": "arn:aws:iam::111122223333:root"}
    kms.create_grant(**asked, **retiring, constraints={"SourceArn": source})

    def through(arn: str) -> Any:
        def ask(tx: Any) -> Any:
            who = service("sns.amazonaws.com", desk.account)
            asked = desk.call(tx).ask("kms", who, context={"aws:SourceArn": arn})
            return asked.generate_data_key(key_id=key["Arn"], key_spec="AES_256")

        return desk.store.transact(ask)

    assert through(arn=source)["KeyId"] == key["Arn"]
    refused("AccessDeniedException", through, arn=source + "2")


def test_a_key_policy_may_open_grants_to_services_only(desk: Any, kms: Any, user: Any) -> None:
    ann, bob = user("ann"), user("bob")
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    policy = document(
        allow("kms:*", Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        allow("kms:CreateGrant", Principal={"AWS": ann.arn}, Condition=condition),
    )
    key = create(kms, policy=policy)["KeyId"]
    asked = {"key_id": key, "grantee_principal": bob.arn, "operations": ["Decrypt"]}
    refused("AccessDeniedException", desk.ask("kms", ann).create_grant, **asked)

    def through(tx: Any) -> Any:
        via = {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}
        return desk.call(tx, ann).ask("kms", context=via).create_grant(**asked)

    assert desk.store.transact(through)["GrantId"]
