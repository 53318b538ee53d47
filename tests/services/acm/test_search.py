"""SearchCertificates: filters, order and what is shown."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.acm.errors import ValidationException

DAY = 86_400


def x509(**wanted: Any) -> dict[str, Any]:
    return {"Filter": {"X509AttributeFilter": wanted}}


def metadata(**wanted: Any) -> dict[str, Any]:
    return {"Filter": {"AcmCertificateMetadataFilter": wanted}}


def text(value: str, operator: str = "EQUALS") -> dict[str, str]:
    return {"Value": value, "ComparisonOperator": operator}


@pytest.fixture
def held(desk: Any, acm: Any, issue: Any, pem: Any) -> dict[str, str]:
    """One that is pending, one issued and one imported, by their names."""
    leaf, key = issue("example.org", days=30)
    imported = acm.import_certificate(certificate=pem(leaf), private_key=pem(key))["CertificateArn"]
    desk.advance(1)
    issued = acm.request_certificate(domain_name="a.localhost", validation_method="DNS", options={"Export": "ENABLED"})
    desk.advance(1)
    pending = acm.request_certificate(domain_name="example.com", validation_method="EMAIL")
    desk.settle()
    return {"imported": imported, "issued": issued["CertificateArn"], "pending": pending["CertificateArn"]}


def found(acm: Any, held: dict[str, str], wanted: dict[str, Any] | None = None, **more: Any) -> list[str]:
    by_arn = {arn: name for name, arn in held.items()}
    given = {"filter_statement": wanted} if wanted is not None else {}
    return [by_arn[each["CertificateArn"]] for each in acm.search_certificates(**given, **more)["Results"]]


def test_filters_by_what_is_in_it_and_what_is_known_of_it(desk: Any, acm: Any, held: dict[str, str]) -> None:
    now = desk.clock.now()
    for wanted, names in (
        (x509(Subject={"CommonName": text("EXAMPLE", "CONTAINS")}), ["pending", "imported"]),
        (x509(SubjectAlternativeName={"DnsName": text("www.example.org")}), ["imported"]),
        (x509(KeyAlgorithm="EC_prime256v1"), ["imported"]),
        (x509(KeyUsage="KEY_ENCIPHERMENT"), ["issued"]),
        (x509(ExtendedKeyUsage="TLS_WEB_SERVER_AUTHENTICATION"), ["issued"]),
        (x509(NotAfter={"End": now + 40 * DAY}), ["imported"]),
        (metadata(Status="PENDING_VALIDATION"), ["pending"]),
        (metadata(Type="IMPORTED"), ["imported"]),
        (metadata(ExportOption="ENABLED"), ["issued"]),
        (metadata(InUse=False), ["pending", "issued", "imported"]),
        (metadata(ValidationMethod="EMAIL"), ["pending"]),
        (metadata(CertificateKeyPairOrigin="ACME"), []),
        ({"Filter": {"CertificateArn": held["issued"]}}, ["issued"]),
        ({"Not": metadata(Type="IMPORTED")}, ["pending", "issued"]),
        ({"And": [metadata(Type="AMAZON_ISSUED"), {"Not": metadata(Status="ISSUED")}]}, ["pending"]),
        ({"Or": [metadata(Type="IMPORTED"), metadata(Status="ISSUED")]}, ["issued", "imported"]),
    ):
        assert found(acm, held, wanted) == names, wanted
    deep = metadata(Type="IMPORTED")
    for _ in range(30):
        deep = {"Not": deep}
    for wrong in ({}, {"Filter": {}}, {"And": [], "Or": []}, deep):
        with pytest.raises(ValidationException):
            found(acm, held, {"Not": wrong})


def test_order_and_pages(acm: Any, held: dict[str, str]) -> None:
    assert found(acm, held, sort_by="CREATED_AT", sort_order="ASCENDING") == ["imported", "issued", "pending"]
    assert found(acm, held, sort_by="COMMON_NAME", sort_order="ASCENDING") == ["issued", "pending", "imported"]
    page = acm.search_certificates(max_results=2)
    assert found(acm, held, max_results=2, next_token=page["NextToken"]) == ["imported"]


def test_what_is_shown(acm: Any, held: dict[str, str]) -> None:
    [issued] = acm.search_certificates(filter_statement=metadata(Status="ISSUED"))["Results"][:1]
    assert issued["X509Attributes"]["Issuer"] == {"CommonName": "Skyjar local authority"}
    assert issued["X509Attributes"]["Subject"] == {"CommonName": "a.localhost"}
    assert issued["X509Attributes"]["SubjectAlternativeNames"] == [{"DnsName": "a.localhost"}]
    known = issued["CertificateMetadata"]["AcmCertificateMetadata"]
    assert (known["Status"], known["ExportOption"], known["ValidationMethod"]) == ("ISSUED", "ENABLED", "DNS")
