"""The desk with a local authority, as a running cloud has one, and what tests of certificates need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from skyjar.edge.certificates import Authority
from skyjar.kernel import service as services
from skyjar.kernel.certificates import Certified, Certify
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import Operation, Service
from skyjar.kernel.web import WebRequest
from skyjar.services.acm import endpoints

PEM = serialization.Encoding.PEM
Made = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


@pytest.fixture
def desk(desk: Any, tmp_path: Path) -> Any:
    authority = Authority(tmp_path / "certificates")

    async def certify(wanted: Certify) -> Certified:
        return authority.certify(wanted)

    desk.pipeline.performers[Certify] = certify
    desk.authority = authority
    return desk


@pytest.fixture
def acm(desk: Any) -> Any:
    return desk.ask("acm")


@pytest.fixture
def done(desk: Any) -> Callable[[Any], Any]:
    """An operation's answer, after what it asks of the outside has been done."""

    def carried_out(answer: Any) -> Any:
        while isinstance(answer, Outside):
            result, then = desk.loop.run_until_complete(desk.pipeline.perform(answer.request)), answer.then
            answer = desk.store.transact(lambda tx: then(desk.call(tx), result))  # noqa: B023
        return answer

    return carried_out


@pytest.fixture
def visit(desk: Any) -> Callable[..., int]:
    """Go to the page where a certificate is approved; the status of the answer."""

    def go(arn: str, method: str = "POST") -> int:
        identity = arn.rpartition("/")[2]
        request = WebRequest(
            method=method,
            host="127.0.0.1",
            path="/",
            query="",
            headers={},
            body=b"",
            labels={"certificate": identity},
        )
        status: int = desk.store.transact(lambda tx: endpoints.approvals.function(desk.call(tx), request)).status
        desk.settle()
        return status

    return go


@pytest.fixture
def zones(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """A stand-in for Route 53: the CNAME records of hosted zones, by the name of the zone."""
    held: dict[str, dict[str, str]] = {}
    stand_in = Service("route53", is_global=True)

    def list_hosted_zones_by_name(call: Any, *, dns_name: str, max_items: str) -> dict[str, Any]:
        return {"HostedZones": [{"Id": name, "Name": name} for name in held if name == dns_name][: int(max_items)]}

    def list_resource_record_sets(
        call: Any, *, hosted_zone_id: str, start_record_name: str, start_record_type: str, max_items: str
    ) -> dict[str, Any]:
        found = sorted((name, value) for name, value in held[hosted_zone_id].items() if name >= start_record_name)
        return {
            "ResourceRecordSets": [
                {"Name": name, "Type": start_record_type, "TTL": 300, "ResourceRecords": [{"Value": value}]}
                for name, value in found[: int(max_items)]
            ]
        }

    def change_resource_record_sets(call: Any, *, hosted_zone_id: str, change_batch: dict[str, Any]) -> dict[str, Any]:
        for change in change_batch["Changes"]:
            wanted = change["ResourceRecordSet"]
            held[hosted_zone_id][wanted["Name"]] = wanted["ResourceRecords"][0]["Value"]
        return {"ChangeInfo": {"Id": "1", "Status": "INSYNC"}}

    for function in (list_hosted_zones_by_name, list_resource_record_sets, change_resource_record_sets):
        stand_in.operations[function.__name__] = Operation("route53", function)
    monkeypatch.setitem(services._loaded, "route53", stand_in)
    return held


@pytest.fixture
def issue(desk: Any) -> Callable[..., Made]:
    """A certificate of one's own: signed by `by`, or by itself."""

    def make(name: str, by: Made | None = None, *, days: int = 90, begins_in: int = -1, is_ca: bool = False) -> Made:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.fromtimestamp(desk.clock.now(), UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by[0].subject if by is not None else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=begins_in))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName(f"www.{name}")]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .sign(by[1] if by is not None else key, hashes.SHA256())
        )
        return certificate, key

    return make


@pytest.fixture
def pem() -> Callable[[Any], bytes]:
    def text(thing: Any) -> bytes:
        if isinstance(thing, x509.Certificate):
            return thing.public_bytes(PEM)
        found: bytes = thing.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return found

    return text
