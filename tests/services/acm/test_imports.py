"""Imported certificates: what is taken, what is refused, what replaces what."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from skyjar.kernel import certificates as shared
from skyjar.services.acm.errors import TooManyTagsException, ValidationException

DAY = 86_400


def refusal(acm: Any, **given: Any) -> str:
    with pytest.raises(ValidationException) as caught:
        acm.import_certificate(**given)
    return caught.value.message


def test_self_signed_or_with_its_chain_in_order(acm: Any, issue: Any, pem: Any) -> None:
    root = issue("root", is_ca=True)
    middle = issue("middle", root, is_ca=True)
    leaf, key = issue("example.com", middle)
    given = {"certificate": pem(leaf), "private_key": pem(key)}
    assert refusal(acm, **given).startswith("Provided certificate is not a valid self signed.")
    backwards = pem(root[0]) + pem(middle[0])
    sentence = "Could not validate the certificate with the certificate chain."
    assert refusal(acm, **given, certificate_chain=backwards) == sentence
    assert refusal(acm, **given, certificate_chain=b"no") == "Unable to validate certificate chain."
    assert "itself" in refusal(acm, **given, certificate_chain=pem(leaf))
    chain = pem(middle[0]) + pem(root[0])
    arn = acm.import_certificate(**given, certificate_chain=chain)["CertificateArn"]
    assert acm.get_certificate(certificate_arn=arn) == {
        "Certificate": pem(leaf).decode(),
        "CertificateChain": chain.decode(),
    }
    shown = acm.describe_certificate(certificate_arn=arn)["Certificate"]
    assert (shown["Type"], shown["Status"], shown["Issuer"]) == ("IMPORTED", "ISSUED", "middle")
    assert (shown["DomainName"], shown["KeyAlgorithm"]) == ("example.com", "EC_prime256v1")
    assert shown["SubjectAlternativeNames"] == ["example.com", "www.example.com"]
    assert shown["SignatureAlgorithm"] == "SHA256WITHECDSA"
    assert "DomainValidationOptions" not in shown
    alone, key = issue("example.org")
    arn = acm.import_certificate(certificate=pem(alone), private_key=pem(key))["CertificateArn"]
    assert set(acm.get_certificate(certificate_arn=arn)) == {"Certificate"}


def test_what_is_no_certificate_or_key_is_refused(acm: Any, issue: Any, pem: Any) -> None:
    leaf, key = issue("example.com")
    _, other = issue("example.com")
    good = {"certificate": pem(leaf), "private_key": pem(key)}
    assert "PEM format" in refusal(acm, **{**good, "certificate": b"\xff\x00"})
    assert "more than one certificate" in refusal(acm, **{**good, "certificate": pem(leaf) * 2})
    assert "does not match" in refusal(acm, **{**good, "private_key": pem(other)})
    assert refusal(acm, **{**good, "private_key": b"-----BEGIN"}) == "The private key is not supported."
    edwards = pem(ed25519.Ed25519PrivateKey.generate())
    assert refusal(acm, **{**good, "private_key": edwards}) == "The private key is not supported."
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    assert "encrypted" in refusal(acm, **{**good, "private_key": locked})
    assert "larger than 5120 bytes" in refusal(acm, **{**good, "private_key": pem(key) + b"\n" * 5120})
    for made, word in ((issue("a", begins_in=-3, days=-1), "expired"), (issue("a", begins_in=2), "future")):
        assert word in refusal(acm, certificate=pem(made[0]), private_key=pem(made[1]))
    with pytest.raises(TooManyTagsException):
        acm.import_certificate(**good, tags=[{"Key": f"k{n}"} for n in range(51)])
    assert acm.list_certificates(includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"] == []


def test_importing_again_keeps_the_arn_and_the_tags(desk: Any, acm: Any, issue: Any, pem: Any) -> None:
    leaf, key = issue("example.com", days=30)
    given = {"certificate": pem(leaf), "private_key": pem(key)}
    arn = acm.import_certificate(**given, tags=[{"Key": "team", "Value": "a"}])["CertificateArn"]
    desk.store.transact(lambda tx: shared.use(tx, arn, "arn:aws:elasticloadbalancing:x"))
    before = acm.describe_certificate(certificate_arn=arn)["Certificate"]
    assert before["RenewalEligibility"] == "INELIGIBLE"
    desk.advance(31 * DAY)
    assert acm.describe_certificate(certificate_arn=arn)["Certificate"]["Status"] == "EXPIRED"
    leaf, key = issue("example.com", days=90)
    given = {"certificate": pem(leaf), "private_key": pem(key), "certificate_arn": arn}
    assert refusal(acm, **given, tags=[{"Key": "a"}]) == "Tagging is not permitted on re-import."
    assert acm.import_certificate(**given) == {"CertificateArn": arn}
    after = acm.describe_certificate(certificate_arn=arn)["Certificate"]
    assert (after["Status"], after["CreatedAt"]) == ("ISSUED", before["CreatedAt"])
    assert after["Serial"] != before["Serial"]
    assert acm.list_tags_for_certificate(certificate_arn=arn) == {"Tags": [{"Key": "team", "Value": "a"}]}
    requested = acm.request_certificate(domain_name="a.localhost")["CertificateArn"]
    assert "was not imported" in refusal(acm, **{**given, "certificate_arn": requested})


def test_tags_are_removed_with_their_value(acm: Any, issue: Any, pem: Any) -> None:
    leaf, key = issue("example.com")
    arn = acm.import_certificate(certificate=pem(leaf), private_key=pem(key))["CertificateArn"]
    acm.add_tags_to_certificate(certificate_arn=arn, tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    acm.remove_tags_from_certificate(certificate_arn=arn, tags=[{"Key": "a", "Value": "2"}, {"Key": "b"}])
    assert acm.list_tags_for_certificate(certificate_arn=arn) == {"Tags": [{"Key": "a", "Value": "1"}]}


def test_an_account_says_when_it_wants_to_know(desk: Any, acm: Any) -> None:
    assert acm.get_account_configuration() == {"ExpiryEvents": {"DaysBeforeExpiry": 45}}
    acm.put_account_configuration(idempotency_token="t", expiry_events={"DaysBeforeExpiry": 20})
    acm.put_account_configuration(idempotency_token="t", expiry_events={"DaysBeforeExpiry": 10})
    assert acm.get_account_configuration() == {"ExpiryEvents": {"DaysBeforeExpiry": 20}}
