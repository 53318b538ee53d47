"""Having a certificate made: a key, a signature of the local authority, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.certificates import Certified, Certify
from skyjar.kernel.outside import Compute, Failed, Outside

from . import facts, jobs, limits, state, validation
from .state import FAILED, ISSUED, PENDING, SUCCESS, Certificate, Renewal

_CURVES = {"EC_prime256v1": "SECP256R1", "EC_secp384r1": "SECP384R1"}
SERIAL_BYTES = 16


def make(identity: str, algorithm: str) -> Outside:
    """Answers None, when the certificate is issued or renewed, or the request has failed."""
    return Outside(Compute(new_key, algorithm), lambda call, pair: _sign(call, identity, pair))


def new_key(algorithm: str) -> tuple[str, str]:
    """A private key and its public key, both PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key: Any = (
        rsa.generate_private_key(65537, int(algorithm.removeprefix("RSA_")))
        if algorithm.startswith("RSA_")
        else ec.generate_private_key(getattr(ec, _CURVES[algorithm])())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def _sign(call: Call, identity: str, pair: Any) -> Outside | None:
    found = state.certificates.get(call, identity)
    if found is None:
        return None
    if isinstance(pair, Failed):
        _fail(call, found)
        return None
    private, public = pair
    begins = datetime.fromtimestamp(call.now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = begins + timedelta(days=limits.VALID_DAYS) - timedelta(seconds=1)
    serial = int.from_bytes(call.chance.bytes(SERIAL_BYTES)) >> 1 | 1 << (SERIAL_BYTES * 8 - 2)
    wanted = Certify(public, found.names, begins.timestamp(), ends.timestamp(), serial)
    return Outside(wanted, lambda call, answer: _keep(call, identity, private, answer))


def _keep(call: Call, identity: str, private: str, answer: Certified | Failed) -> None:
    from cryptography import x509

    found = state.certificates.get(call, identity)
    if found is None or found.status not in (PENDING, ISSUED):
        return
    if isinstance(answer, Failed):
        _fail(call, found)
        return
    state.hold(call, found, answer.certificate, answer.chain, private)
    said = facts.of(x509.load_pem_x509_certificate(answer.certificate.encode()))
    changes: dict[str, Any] = {"domains": validation.all_proved(found.domains)}
    if found.status == ISSUED:
        renewal = found.renewal or Renewal(SUCCESS, call.now)
        changes["renewal"] = Renewal(SUCCESS, float(int(call.now)), renewal.domains)
    state.approvals.delete(call, identity)
    state.change(call, found, status=ISSUED, facts=said, issued_at=float(int(call.now)), exported_at=0.0, **changes)
    call.later(jobs.renew, due=said.not_after - limits.RENEWAL_DAYS * 86_400, key=identity, identity=identity)


def _fail(call: Call, found: Certificate) -> None:
    """A renewal is tried again the next day, a request is lost."""
    if found.status == PENDING:
        state.approvals.delete(call, found.id)
        state.change(call, found, status=FAILED, failure_reason="OTHER")
