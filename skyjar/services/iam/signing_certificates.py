"""Users' X.509 signing certificates."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import certificates, limits, naming
from .credential_state import SigningCertificate, meant, signing_certificates
from .errors import DuplicateCertificateException, InvalidCertificateException, NoSuchEntityException, over_quota
from .state import User, replace


@operation
def upload_signing_certificate(call: Call, *, certificate_body: str, user_name: str = "") -> dict[str, Any]:
    user = meant(call, user_name)
    leaf = certificates.certificate(certificate_body)
    if leaf.not_valid_after_utc.timestamp() <= call.now:
        raise InvalidCertificateException("The certificate has expired.")
    fingerprint = certificates.fingerprint_of(leaf)
    held = signing_certificates.range(call, user.id)
    if any(each.fingerprint == fingerprint for each in held):
        raise DuplicateCertificateException("The same certificate is associated with an IAM user in the account.")
    if len(held) >= limits.SIGNING_CERTIFICATES_PER_USER:
        raise over_quota("SigningCertificatesPerUser", limits.SIGNING_CERTIFICATES_PER_USER)
    made = SigningCertificate(
        user=user.id,
        id=call.chance.base32(32),
        body=certificate_body.strip(),
        fingerprint=fingerprint,
        uploaded_at=naming.date(call),
    )
    signing_certificates.add(call, made)
    return {"Certificate": _show(user, made)}


def _show(user: User, found: SigningCertificate) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "CertificateId": found.id,
        "CertificateBody": found.body,
        "Status": "Active" if found.is_active else "Inactive",
        "UploadDate": found.uploaded_at,
    }


def _existing(call: Call, user: User, certificate_id: str) -> SigningCertificate:
    found = signing_certificates.get(call, user.id, certificate_id)
    if found is None:
        raise NoSuchEntityException(f"The Certificate with id {certificate_id} cannot be found.")
    return found


@operation
def list_signing_certificates(
    call: Call, *, user_name: str = "", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    user = meant(call, user_name)
    held = signing_certificates.each(call, user.id)
    return naming.page("Certificates", held, marker, max_items, lambda each: each.id, lambda each: _show(user, each))


@operation
def update_signing_certificate(call: Call, *, certificate_id: str, status: str, user_name: str = "") -> None:
    found = _existing(call, meant(call, user_name), certificate_id)
    signing_certificates.replace(call, found, replace(found, is_active=status == "Active"))


@operation
def delete_signing_certificate(call: Call, *, certificate_id: str, user_name: str = "") -> None:
    signing_certificates.remove(call, _existing(call, meant(call, user_name), certificate_id))
