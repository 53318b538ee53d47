"""Requested certificates: from the request to the end of what was issued."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import verification

from skyjar.kernel import certificates as shared
from skyjar.services.acm import limits
from skyjar.services.acm.errors import (
    InvalidDomainValidationOptionsException,
    InvalidParameterException,
    InvalidStateException,
    LimitExceededException,
    RequestInProgressException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)

DAY = 86_400


def described(acm: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = acm.describe_certificate(certificate_arn=arn)["Certificate"]
    return found


def requested(acm: Any, name: str = "example.com", method: str = "DNS", **more: Any) -> str:
    arn: str = acm.request_certificate(domain_name=name, validation_method=method, **more)["CertificateArn"]
    return arn


def test_issued_when_the_record_is_in_the_hosted_zone(desk: Any, acm: Any, zones: Any) -> None:
    zones["example.com."] = {}
    arn = requested(acm, "www.Example.com", subject_alternative_names=["*.example.com", "example.com"])
    desk.settle()
    pending = described(acm, arn)
    assert pending["Status"] == "PENDING_VALIDATION"
    assert pending["SubjectAlternativeNames"] == ["www.example.com", "*.example.com", "example.com"]
    records = [each["ResourceRecord"] for each in pending["DomainValidationOptions"]]
    assert records[1] == records[2] != records[0]
    assert records[0]["Name"].endswith(".www.example.com.")
    assert records[0]["Value"].endswith(".acm-validations.aws.")
    with pytest.raises(RequestInProgressException):
        acm.get_certificate(certificate_arn=arn)

    zones["example.com."] |= {records[0]["Name"]: records[0]["Value"], records[1]["Name"]: "_wrong.example.net."}
    desk.advance(10)
    statuses = [each["ValidationStatus"] for each in described(acm, arn)["DomainValidationOptions"]]
    assert statuses == ["SUCCESS", "PENDING_VALIDATION", "PENDING_VALIDATION"]
    zones["example.com."][records[1]["Name"]] = records[1]["Value"]
    desk.advance(10)
    issued = described(acm, arn)
    assert (issued["Status"], issued["Type"], issued["KeyAlgorithm"]) == ("ISSUED", "AMAZON_ISSUED", "RSA_2048")
    assert issued["KeyUsages"] == [{"Name": "DIGITAL_SIGNATURE"}, {"Name": "KEY_ENCIPHERMENT"}]
    assert issued["ExtendedKeyUsages"] == [{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}]
    assert issued["NotAfter"] == issued["NotBefore"] + 198 * DAY - 1
    assert issued["RenewalEligibility"] == "INELIGIBLE"
    again = requested(acm, "www.example.com")
    desk.settle()
    assert described(acm, again)["Status"] == "ISSUED"


def test_a_certificate_verifies_with_the_local_authority(desk: Any, acm: Any) -> None:
    arn = requested(acm, "app.localhost", subject_alternative_names=["*.app.localhost"], key_algorithm="EC_secp384r1")
    desk.settle()
    got = acm.get_certificate(certificate_arn=arn)
    leaf = x509.load_pem_x509_certificate(got["Certificate"].encode())
    root = x509.load_pem_x509_certificate(desk.authority.certificate_path.read_bytes())
    assert x509.load_pem_x509_certificates(got["CertificateChain"].encode()) == [root]
    at = datetime.fromtimestamp(desk.clock.now(), UTC)
    for name, is_good in (("app.localhost", True), ("b.app.localhost", True), ("b.localhost", False)):
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store([root]))
            .time(at)
            .build_server_verifier(x509.DNSName(name))
        )
        if is_good:
            assert verifier.verify(leaf, []) == [leaf, root]
        else:
            with pytest.raises(verification.VerificationError):
                verifier.verify(leaf, [])
    held = desk.store.transact(lambda tx: shared.held.get(shared.everywhere(tx), arn))
    assert held.certificate == got["Certificate"]


def test_times_out_after_three_days(desk: Any, acm: Any, visit: Any) -> None:
    arn = requested(acm)
    desk.advance(72 * 3600 - 1)
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    desk.advance(1)
    timed_out = described(acm, arn)
    assert timed_out["Status"] == "VALIDATION_TIMED_OUT"
    assert timed_out["DomainValidationOptions"][0]["ValidationStatus"] == "FAILED"
    desk.advance(700)
    assert visit(arn) == 404
    mail = requested(acm, method="EMAIL")
    desk.advance(72 * 3600)
    assert visit(mail) == 404
    assert described(acm, mail)["Status"] == "VALIDATION_TIMED_OUT"


def test_a_mail_leads_to_a_page_that_approves(desk: Any, acm: Any, visit: Any) -> None:
    arn = requested(acm, "www.example.com", "EMAIL")
    option = described(acm, arn)["DomainValidationOptions"][0]
    assert option["ValidationEmails"][0] == "admin@example.com"
    assert len(option["ValidationEmails"]) == 5
    acm.resend_validation_email(certificate_arn=arn, domain="www.example.com", validation_domain="www.example.com")
    assert described(acm, arn)["DomainValidationOptions"][0]["ValidationDomain"] == "www.example.com"
    with pytest.raises(InvalidDomainValidationOptionsException, match="superdomain"):
        acm.resend_validation_email(certificate_arn=arn, domain="www.example.com", validation_domain="example.org")
    assert visit(arn, "GET") == 200
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    assert visit(arn) == 200
    assert described(acm, arn)["Status"] == "ISSUED"
    assert visit(arn) == 404
    with pytest.raises(InvalidStateException):
        acm.resend_validation_email(certificate_arn=arn, domain="www.example.com", validation_domain="example.com")


def test_what_is_asked_for_is_checked(acm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceededException, match="Certificate has too many domains"):
        requested(acm, subject_alternative_names=[f"{n}.example.com" for n in range(10)])
    with pytest.raises(InvalidParameterException, match="RSA_4096"):
        requested(acm, key_algorithm="RSA_4096")
    with pytest.raises(InvalidParameterException, match="longer than 64"):
        requested(acm, f"{'a' * 60}.example.com")
    with pytest.raises(InvalidDomainValidationOptionsException):
        requested(acm, domain_validation_options=[{"DomainName": "example.org", "ValidationDomain": "example.org"}])
    with pytest.raises(InvalidParameterException, match="opt-out"):
        requested(acm, options={"CertificateTransparencyLoggingPreference": "DISABLED"})
    for name, reason in (("x.amazonaws.com", "DOMAIN_NOT_ALLOWED"), ("db.internal", "INVALID_PUBLIC_DOMAIN")):
        failed = described(acm, requested(acm, name))
        assert (failed["Status"], failed["FailureReason"]) == ("FAILED", reason)
    monkeypatch.setattr(limits, "CERTIFICATES", 2)
    with pytest.raises(LimitExceededException, match="maximum number of certificates"):
        requested(acm)
    monkeypatch.setattr(limits, "CERTIFICATES", 9)
    monkeypatch.setattr(limits, "CERTIFICATES_A_YEAR", 2)
    with pytest.raises(LimitExceededException, match="limit of 2 certificates in the last year"):
        requested(acm)


def test_a_year_later_the_quota_is_free_again(desk: Any, acm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CERTIFICATES_A_YEAR", 1)
    acm.delete_certificate(certificate_arn=requested(acm))
    with pytest.raises(LimitExceededException):
        requested(acm)
    desk.advance(365 * DAY + 1)
    assert requested(acm)


def test_a_token_counts_for_an_hour(desk: Any, acm: Any) -> None:
    first = requested(acm, idempotency_token="once")
    assert requested(acm, idempotency_token="once") == first
    assert requested(acm, idempotency_token="twice") != first
    desk.advance(3600)
    assert requested(acm, idempotency_token="once") != first


def test_options_are_for_good(desk: Any, acm: Any) -> None:
    arn = requested(acm, "a.localhost", options={"Export": "ENABLED"})
    with pytest.raises(InvalidStateException):
        acm.update_certificate_options(certificate_arn=arn, options={"Export": "ENABLED"})
    desk.settle()
    acm.update_certificate_options(
        certificate_arn=arn, options={"Export": "ENABLED", "CertificateTransparencyLoggingPreference": "ENABLED"}
    )
    with pytest.raises(ValidationException, match="cannot be changed"):
        acm.update_certificate_options(certificate_arn=arn, options={"Export": "DISABLED"})
    assert described(acm, arn)["Options"]["Export"] == "ENABLED"


def test_what_is_in_use_cannot_be_deleted(desk: Any, acm: Any) -> None:
    arn = requested(acm, "a.localhost")
    user = f"arn:aws:elasticloadbalancing:us-east-1:{desk.account}:loadbalancer/app/a/1"
    desk.store.transact(lambda tx: shared.use(tx, arn, user))
    assert described(acm, arn)["InUseBy"] == [user]
    with pytest.raises(ResourceInUseException, match=f"Certificate {arn} in account {desk.account} is in use."):
        acm.delete_certificate(certificate_arn=arn)
    desk.store.transact(lambda tx: shared.release(tx, arn, user))
    acm.delete_certificate(certificate_arn=arn)
    with pytest.raises(ResourceNotFoundException, match="Could not find certificate"):
        described(acm, arn)
    assert desk.store.transact(lambda tx: shared.held.get(shared.everywhere(tx), arn)) is None
    desk.settle()


def test_lists_are_filtered_sorted_and_paged(desk: Any, acm: Any) -> None:
    arns = []
    for name in ("a.localhost", "b.localhost", "b.example.com"):
        arns.append(requested(acm, name))
        desk.advance(1)
    curve = requested(acm, "c.localhost", key_algorithm="EC_prime256v1")

    def listed(**given: Any) -> list[str]:
        return [each["CertificateArn"] for each in acm.list_certificates(**given)["CertificateSummaryList"]]

    assert listed() == arns[::-1]
    assert listed(includes={"keyTypes": ["EC_prime256v1"]}) == [curve]
    assert listed(certificate_statuses=["ISSUED"], sort_by="CREATED_AT", sort_order="ASCENDING") == arns[:2]
    assert listed(includes={"exportOption": "ENABLED"}) == []
    assert listed(includes={"extendedKeyUsage": ["TLS_WEB_SERVER_AUTHENTICATION"]}) == [arns[1], arns[0]]
    assert listed(includes={"keyUsage": ["CRL_SIGNING"]}) == []
    assert listed(certificate_key_pair_origins=["CUSTOMER_PROVIDED"]) == []
    first = acm.list_certificates(max_items=2)
    assert [each["CertificateArn"] for each in first["CertificateSummaryList"]] == [arns[2], arns[1]]
    assert listed(max_items=2, next_token=first["NextToken"]) == [arns[0]]
    with pytest.raises(ValidationException):
        listed(next_token="nonsense")
