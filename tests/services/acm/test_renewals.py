"""Managed renewal on the cloud's clock, and what is exported, renewed and revoked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from skyjar.kernel import certificates as shared
from skyjar.services.acm.errors import (
    ConflictException,
    RequestInProgressException,
    ResourceInUseException,
    ValidationException,
)

DAY = 86_400
USER = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/1"


def described(acm: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = acm.describe_certificate(certificate_arn=arn)["Certificate"]
    return found


def issued(desk: Any, acm: Any, name: str = "a.localhost", **more: Any) -> str:
    arn: str = acm.request_certificate(domain_name=name, **{"validation_method": "DNS", **more})["CertificateArn"]
    desk.settle()
    return arn


def use(desk: Any, arn: str) -> None:
    desk.store.transact(lambda tx: shared.use(tx, arn, USER))


def test_what_is_used_is_renewed_45_days_before_its_end(desk: Any, acm: Any) -> None:
    arn = issued(desk, acm)
    use(desk, arn)
    before, held = described(acm, arn), acm.get_certificate(certificate_arn=arn)
    assert before["RenewalEligibility"] == "ELIGIBLE"
    desk.advance(before["NotAfter"] - 45 * DAY - desk.clock.now() - 1)
    assert described(acm, arn)["Serial"] == before["Serial"]
    desk.advance(1)
    after = described(acm, arn)
    assert after["Serial"] != before["Serial"]
    assert after["NotAfter"] > before["NotAfter"] + 150 * DAY
    assert after["RenewalSummary"]["RenewalStatus"] == "SUCCESS"
    assert after["RenewalSummary"]["DomainValidationOptions"][0]["ValidationStatus"] == "SUCCESS"
    assert acm.get_certificate(certificate_arn=arn) != held
    desk.advance(after["NotAfter"] - 45 * DAY - desk.clock.now())
    assert described(acm, arn)["NotAfter"] > after["NotAfter"]


def test_what_nobody_uses_expires(desk: Any, acm: Any) -> None:
    arn = issued(desk, acm)
    desk.advance(198 * DAY)
    expired = described(acm, arn)
    assert (expired["Status"], expired["RenewalEligibility"]) == ("EXPIRED", "INELIGIBLE")
    assert "RenewalSummary" not in expired


def test_used_late_it_is_renewed_the_next_day(desk: Any, acm: Any) -> None:
    arn = issued(desk, acm)
    desk.advance(160 * DAY)
    use(desk, arn)
    before = described(acm, arn)["Serial"]
    desk.advance(DAY)
    assert described(acm, arn)["Serial"] != before


def test_a_record_that_is_gone_holds_the_renewal_up(desk: Any, acm: Any, zones: Any) -> None:
    zones["example.com."] = {}
    arn = issued(desk, acm, "example.com")
    record = described(acm, arn)["DomainValidationOptions"][0]["ResourceRecord"]
    zones["example.com."][record["Name"]] = record["Value"]
    desk.advance(10)
    before = described(acm, arn)
    assert before["Status"] == "ISSUED"
    use(desk, arn)
    zones["example.com."].clear()
    desk.advance(before["NotAfter"] - 44 * DAY - desk.clock.now())
    held_up = described(acm, arn)
    assert held_up["RenewalSummary"]["RenewalStatus"] == "PENDING_VALIDATION"
    assert held_up["Serial"] == before["Serial"]
    zones["example.com."][record["Name"]] = record["Value"]
    desk.advance(DAY)
    assert described(acm, arn)["RenewalSummary"]["RenewalStatus"] == "SUCCESS"


def test_each_renewal_by_mail_is_approved_anew(desk: Any, acm: Any, visit: Any) -> None:
    arn = issued(desk, acm, "example.com", validation_method="EMAIL")
    visit(arn)
    before = described(acm, arn)
    use(desk, arn)
    desk.advance(before["NotAfter"] - 44 * DAY - desk.clock.now())
    assert described(acm, arn)["RenewalSummary"]["RenewalStatus"] == "PENDING_VALIDATION"
    assert visit(arn) == 200
    after = described(acm, arn)
    assert after["RenewalSummary"]["RenewalStatus"] == "SUCCESS"
    assert after["Serial"] != before["Serial"]


def test_only_exportable_certificates_are_exported(desk: Any, acm: Any, done: Any) -> None:
    plain = issued(desk, acm)
    with pytest.raises(ValidationException, match="is not a private certificate"):
        acm.export_certificate(certificate_arn=plain, passphrase=b"secret")
    early = acm.request_certificate(domain_name="example.com", validation_method="DNS", options={"Export": "ENABLED"})[
        "CertificateArn"
    ]
    with pytest.raises(RequestInProgressException):
        acm.export_certificate(certificate_arn=early, passphrase=b"secret")
    arn = issued(desk, acm, options={"Export": "ENABLED"})
    with pytest.raises(ValidationException, match="except #"):
        acm.export_certificate(certificate_arn=arn, passphrase=b"se#cret")
    exported = done(acm.export_certificate(certificate_arn=arn, passphrase=b"secret"))
    leaf = x509.load_pem_x509_certificate(exported["Certificate"].encode())
    key = load_pem_private_key(exported["PrivateKey"].encode(), b"secret")
    assert key.public_key() == leaf.public_key()
    assert exported["CertificateChain"] == acm.get_certificate(certificate_arn=arn)["CertificateChain"]
    assert described(acm, arn)["RenewalEligibility"] == "ELIGIBLE"


def test_renewed_by_hand_once_it_was_exported(desk: Any, acm: Any, done: Any) -> None:
    arn = issued(desk, acm, options={"Export": "ENABLED"})
    with pytest.raises(ValidationException, match=f"Certificate ARN {arn} has not been exported"):
        acm.renew_certificate(certificate_arn=arn)
    done(acm.export_certificate(certificate_arn=arn, passphrase=b"secret"))
    before = described(acm, arn)["Serial"]
    acm.renew_certificate(certificate_arn=arn)
    assert described(acm, arn)["RenewalSummary"]["RenewalStatus"] == "PENDING_AUTO_RENEWAL"
    with pytest.raises(RequestInProgressException):
        acm.renew_certificate(certificate_arn=arn)
    desk.settle()
    after = described(acm, arn)
    assert after["Serial"] != before
    assert after["RenewalEligibility"] == "INELIGIBLE"


def test_revoked_for_good_once_it_was_exported(desk: Any, acm: Any, done: Any) -> None:
    arn = issued(desk, acm, options={"Export": "ENABLED"})
    revoke = {"certificate_arn": arn, "revocation_reason": "KEY_COMPROMISE"}
    with pytest.raises(ValidationException, match="never been exported"):
        acm.revoke_certificate(**revoke)
    done(acm.export_certificate(certificate_arn=arn, passphrase=b"secret"))
    use(desk, arn)
    with pytest.raises(ResourceInUseException):
        acm.revoke_certificate(**revoke)
    desk.store.transact(lambda tx: shared.release(tx, arn, USER))
    assert acm.revoke_certificate(**revoke) == {"CertificateArn": arn}
    revoked = described(acm, arn)
    assert (revoked["Status"], revoked["RevocationReason"]) == ("REVOKED", "KEY_COMPROMISE")
    assert revoked["RevokedAt"] == desk.clock.now()
    with pytest.raises(ConflictException):
        acm.revoke_certificate(**revoke)
