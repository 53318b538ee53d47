"""Certificates that leave the cloud: exporting, and what is possible afterwards: renewing and revoking by hand."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Outside
from skyjar.kernel.service import operation

from . import jobs, state
from .errors import ConflictException, RequestInProgressException, ResourceInUseException, ValidationException
from .state import ISSUED, PENDING, REVOKED, Certificate, Renewal

_FORBIDDEN = b"#$%"


@operation
def export_certificate(call: Call, *, certificate_arn: str, passphrase: bytes) -> Outside:
    """The private key is encrypted in PKCS #8 with the passphrase."""
    found = state.find(call, certificate_arn)
    if found.type == "IMPORTED" or not found.is_exportable:
        raise ValidationException(
            f"Certificate ARN: {certificate_arn} is not a private certificate, nor was it requested with the option to "
            "export it."
        )
    if any(byte in _FORBIDDEN or byte > 0x7E or byte < 0x20 for byte in passphrase):
        raise ValidationException("The passphrase may have any ASCII character except #, $ and %.")
    _check_is_issued(found, call.now)
    held = state.held(call, found)

    def then(call: Call, encrypted: str) -> dict[str, str]:
        now = state.find(call, certificate_arn)
        state.change(call, now, exported_at=call.now, was_exported=True)
        return {"Certificate": held.certificate, "CertificateChain": held.chain, "PrivateKey": encrypted}

    return Outside(Compute(_encrypted, held.private_key, passphrase), then)


def _encrypted(private_key: str, passphrase: bytes) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(private_key.encode(), None)
    encryption = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


def _check_is_issued(found: Certificate, now: float) -> None:
    status = state.status_of(found, now)
    if status == PENDING:
        raise RequestInProgressException
    if status != ISSUED:
        raise ValidationException(f"The certificate is in the state {status}.")


@operation
def renew_certificate(call: Call, *, certificate_arn: str) -> None:
    """Before its time; with a new key, as the managed renewal."""
    found = state.find(call, certificate_arn)
    if state.status_of(found, call.now) == PENDING:
        raise RequestInProgressException
    if not found.exported_at:
        raise ValidationException(
            f"Certificate ARN {certificate_arn} has not been exported so it is not eligible for the Renew Certificate API."
        )
    _check_is_issued(found, call.now)
    if found.renewal is not None and found.renewal.status == "PENDING_AUTO_RENEWAL":
        raise RequestInProgressException
    renewal = Renewal("PENDING_AUTO_RENEWAL", float(int(call.now)), ())
    state.change(call, found, renewal=renewal)
    call.later(jobs.renew, key=found.id, identity=found.id)


@operation
def revoke_certificate(call: Call, *, certificate_arn: str, revocation_reason: str) -> dict[str, str]:
    """For good. Only what was exported can be revoked, because only that is out of ACM's hands."""
    found = state.find(call, certificate_arn)
    if found.status == REVOKED:
        raise ConflictException(f"Certificate {certificate_arn} has been revoked already.")
    if not found.was_exported:
        raise ValidationException(f"Certificate {certificate_arn} has never been exported, so it cannot be revoked.")
    _check_is_issued(found, call.now)
    if state.users(call, found):
        raise ResourceInUseException(certificate_arn, call.account)
    at = float(int(call.now))
    state.change(call, found, status=REVOKED, revoked_at=at, revocation_reason=revocation_reason)
    return {"CertificateArn": certificate_arn}
