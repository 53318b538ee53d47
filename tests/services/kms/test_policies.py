"""Who may use a key: its policy, the account's own policies when it hands over, other accounts."""

import json
from typing import Any

from skyjar.kernel.principals import root, service

from .conftest import allow, document
from .test_keys import create, refused

OTHER = "444455556666"


def root_of(account: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:root"}


def test_the_default_policy_hands_over_to_the_accounts_own(desk: Any, kms: Any, user: Any) -> None:
    key = create(kms)
    ann, bob = user("ann", allow("kms:Encrypt")), user("bob")
    desk.ask("kms", ann).encrypt(key_id=key["KeyId"], plaintext=b"x")
    told = refused("AccessDeniedException", desk.ask("kms", bob).encrypt, key_id=key["KeyId"], plaintext=b"x")
    assert told == (
        f"User: arn:aws:iam::111122223333:user/bob is not authorized to perform: kms:Encrypt on resource: {key['Arn']} "
        "because no identity-based policy allows the kms:Encrypt action"
    )


def test_without_a_statement_for_the_account_its_policies_mean_nothing(desk: Any, kms: Any, user: Any) -> None:
    ann, bob = user("ann", allow("*")), user("bob")
    policy = document(allow("kms:*", Principal={"AWS": bob.arn}))
    told = refused("MalformedPolicyDocumentException", kms.create_key, policy=policy)
    assert told == "The new key policy will not allow you to update the key policy in the future."
    key = create(kms, policy=policy, bypass_policy_lockout_safety_check=True)
    asked = {"key_id": key["KeyId"], "plaintext": b"x"}
    for who in (ann, None):
        told = refused("AccessDeniedException", desk.ask("kms", who).encrypt, **asked)
        assert told.endswith("because no resource-based policy allows the kms:Encrypt action")
    desk.ask("kms", bob).encrypt(**asked)


def test_a_deny_in_either_place_counts(desk: Any, kms: Any, user: Any) -> None:
    ann = user("ann", allow("kms:*"), {**allow("kms:Decrypt"), "Effect": "Deny"})
    deny = {**allow("kms:Encrypt", Principal={"AWS": ann.arn}), "Effect": "Deny"}
    key = create(kms, policy=document(allow("kms:*", Principal=root_of(desk.account)), deny))["KeyId"]
    mine = desk.ask("kms", ann)
    told = refused("AccessDeniedException", mine.encrypt, key_id=key, plaintext=b"x")
    assert told.endswith("with an explicit deny in a resource-based policy")
    blob = kms.encrypt(key_id=key, plaintext=b"x")["CiphertextBlob"]
    told = refused("AccessDeniedException", mine.decrypt, ciphertext_blob=blob)
    assert told.endswith("with an explicit deny in an identity-based policy")


def test_another_account_needs_the_key_policy_and_its_own(desk: Any, kms: Any, user: Any) -> None:
    ann, bob = user("ann", allow("kms:Encrypt"), account=OTHER), user("bob", account=OTHER)
    open_to_it = document(
        allow("kms:*", Principal=root_of(desk.account)), allow("kms:Encrypt", Principal=root_of(OTHER))
    )
    key = create(kms)
    asked = {"key_id": key["Arn"], "plaintext": b"x"}
    refused("AccessDeniedException", desk.ask("kms", ann).encrypt, **asked)
    kms.put_key_policy(key_id=key["KeyId"], policy=open_to_it)
    blob = desk.ask("kms", ann).encrypt(**asked)["CiphertextBlob"]
    refused("AccessDeniedException", desk.ask("kms", bob).encrypt, **asked)
    refused("NotFoundException", desk.ask("kms", ann).encrypt, key_id=key["KeyId"], plaintext=b"x")
    assert kms.decrypt(ciphertext_blob=blob)["Plaintext"] == b"x"
    refused("AccessDeniedException", desk.ask("kms", root(OTHER)).decrypt, ciphertext_blob=blob)


def test_conditions_on_context_alias_and_caller(desk: Any, kms: Any, user: Any) -> None:
    conditions = {
        "StringEquals": {"kms:EncryptionContext:team": "blue", "kms:CallerAccount": desk.account},
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/app"},
    }
    mine = desk.ask("kms", user("ann", allow("kms:Encrypt", Condition=conditions)))
    asked = {"key_id": create(kms)["KeyId"], "plaintext": b"x", "encryption_context": {"team": "blue"}}
    refused("AccessDeniedException", mine.encrypt, **asked)
    kms.create_alias(alias_name="alias/app", target_key_id=asked["key_id"])
    mine.encrypt(**asked)
    refused("AccessDeniedException", mine.encrypt, **asked | {"encryption_context": {"team": "red"}})


def test_re_encrypting_needs_both_keys(desk: Any, kms: Any, user: Any) -> None:
    one, two = create(kms), create(kms)
    blob = kms.encrypt(key_id=one["KeyId"], plaintext=b"x")["CiphertextBlob"]
    asked = {"ciphertext_blob": blob, "destination_key_id": two["KeyId"]}
    only_from = user("a", allow("kms:ReEncryptFrom"))
    told = refused("AccessDeniedException", desk.ask("kms", only_from).re_encrypt, **asked)
    assert f"kms:ReEncryptTo on resource: {two['Arn']}" in told
    both = user(
        "b",
        {**allow("kms:ReEncryptFrom"), "Resource": one["Arn"]},
        {**allow("kms:ReEncryptTo"), "Resource": two["Arn"]},
    )
    assert desk.ask("kms", both).re_encrypt(**asked)["KeyId"] == two["Arn"]


def test_an_alias_needs_permission_on_itself_and_on_its_key(desk: Any, kms: Any, user: Any) -> None:
    key = create(kms)
    alias = "arn:aws:kms:us-east-1:111122223333:alias/a"
    asked = {"alias_name": "alias/a", "target_key_id": key["KeyId"]}
    half = user("half", {**allow("kms:CreateAlias"), "Resource": key["Arn"]})
    assert alias in refused("AccessDeniedException", desk.ask("kms", half).create_alias, **asked)
    whole = user("whole", {**allow("kms:CreateAlias"), "Resource": [key["Arn"], alias]})
    desk.ask("kms", whole).create_alias(**asked)


def test_policies_must_be_sound_and_name_who_exists(kms: Any) -> None:
    key = create(kms)["KeyId"]
    refused("MalformedPolicyDocumentException", kms.put_key_policy, key_id=key, policy="{}")
    ghost = allow("kms:*", Principal={"AWS": "arn:aws:iam::111122223333:user/ghost"})
    policy = document(allow("kms:*", Principal=root_of("111122223333")), ghost)
    told = refused("MalformedPolicyDocumentException", kms.put_key_policy, key_id=key, policy=policy)
    assert told == "Policy contains a statement with one or more invalid principals."
    refused("LimitExceededException", kms.put_key_policy, key_id=key, policy=" " * 32_769)
    assert json.loads(kms.get_key_policy(key_id=key)["Policy"])["Statement"][0]["Action"] == "kms:*"


def test_a_managed_key_appears_for_its_service_alone(desk: Any, kms: Any, user: Any) -> None:
    ann = user("ann")
    refused("NotFoundException", kms.encrypt, key_id="alias/aws/sqs", plaintext=b"x")

    def through(via: str, who: Any) -> Any:
        def ask(tx: Any) -> Any:
            asked = desk.call(tx, who).ask("kms", context={"kms:ViaService": f"{via}.us-east-1.amazonaws.com"})
            return asked.generate_data_key(key_id="alias/aws/sqs", key_spec="AES_256")

        return desk.store.transact(ask)

    refused("NotFoundException", through, via="s3", who=None)
    made = through("sqs", ann)
    assert through("sqs", None)["KeyId"] == made["KeyId"]
    refused("AccessDeniedException", through, via="s3", who=ann)
    refused("AccessDeniedException", through, via="sqs", who=service("sns.amazonaws.com", desk.account))
    shown = kms.describe_key(key_id="alias/aws/sqs")["KeyMetadata"]
    assert (shown["KeyManager"], shown["Arn"]) == ("AWS", made["KeyId"])
    refused("AccessDeniedException", kms.encrypt, key_id="alias/aws/sqs", plaintext=b"x")
    refused("AccessDeniedException", kms.disable_key_rotation, key_id=shown["KeyId"])
    refused("AccessDeniedException", kms.schedule_key_deletion, key_id=shown["KeyId"])
    refused("NotAuthorizedException", kms.create_alias, alias_name="alias/aws/x", target_key_id=create(kms)["KeyId"])


def test_describing_the_alias_of_a_service_makes_its_key(desk: Any, kms: Any, user: Any) -> None:
    mine = desk.ask("kms", user("ann"))
    refused("AccessDeniedException", mine.describe_key, key_id="alias/aws/s3")
    assert kms.list_aliases()["Aliases"] == []
    made = kms.describe_key(key_id="alias/aws/s3")["KeyMetadata"]
    assert (made["KeyManager"], kms.list_aliases()["Aliases"][0]["TargetKeyId"]) == ("AWS", made["KeyId"])
    refused("NotFoundException", kms.describe_key, key_id="alias/aws/none")
