"""Server certificates: for load balancers and distributions."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import certificates, limits, naming, state
from .credential_state import ServerCertificate, server_certificates
from .errors import EntityAlreadyExistsException, NoSuchEntityException, over_quota
from .naming import Tags
from .state import replace


@operation
def upload_server_certificate(
    call: Call,
    *,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    certificate_chain: str = "",
    path: str = "/",
    tags: Tags | None = None,
) -> dict[str, Any]:
    if state.is_taken(server_certificates, call, server_certificate_name):
        raise _exists(server_certificate_name)
    if server_certificates.count(call) >= limits.SERVER_CERTIFICATES:
        raise over_quota("ServerCertificatesPerAccount", limits.SERVER_CERTIFICATES)
    leaf = certificates.certificate(certificate_body)
    certificates.check_pair(leaf, private_key)
    if certificate_chain:
        certificates.check_chain(leaf, certificate_chain)
    made = ServerCertificate(
        name=server_certificate_name,
        folded=server_certificate_name.lower(),
        id=naming.new_id(call, "ASCA"),
        path=path,
        body=certificate_body.strip(),
        chain=certificate_chain.strip(),
        private_key=private_key,
        uploaded_at=naming.date(call),
        expires_at=leaf.not_valid_after_utc.timestamp(),
        tags=naming.checked_tags(tags),
    )
    server_certificates.add(call, made)
    tagged = {"Tags": naming.shown_tags(made.tags)} if made.tags else {}
    return {"ServerCertificateMetadata": _show(call, made), **tagged}


def _exists(name: str) -> EntityAlreadyExistsException:
    return EntityAlreadyExistsException(f"The Server Certificate with name {name} already exists.")


def _show(call: Call, found: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": found.path,
        "ServerCertificateName": found.name,
        "ServerCertificateId": found.id,
        "Arn": state.arn_of(call.account, "server-certificate", found.path, found.name),
        "UploadDate": found.uploaded_at,
        "Expiration": found.expires_at,
    }


def _existing(call: Call, name: str) -> ServerCertificate:
    found = server_certificates.get(call, name)
    if found is None:
        raise NoSuchEntityException(f"The Server Certificate with name {name} cannot be found.")
    return found


@operation
def get_server_certificate(call: Call, *, server_certificate_name: str) -> dict[str, Any]:
    """The private key is never shown."""
    found = _existing(call, server_certificate_name)
    shown: dict[str, Any] = {"ServerCertificateMetadata": _show(call, found), "CertificateBody": found.body}
    if found.chain:
        shown["CertificateChain"] = found.chain
    if found.tags:
        shown["Tags"] = naming.shown_tags(dict(sorted(found.tags.items())))
    return {"ServerCertificate": shown}


@operation
def list_server_certificates(
    call: Call, *, path_prefix: str = "/", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    found = (each for each in server_certificates.each(call, start=(marker,)) if each.path.startswith(path_prefix))
    return naming.page(
        "ServerCertificateMetadataList",
        found,
        marker,
        max_items,
        lambda each: each.name,
        lambda each: _show(call, each),
    )


@operation
def update_server_certificate(
    call: Call, *, server_certificate_name: str, new_path: str = "", new_server_certificate_name: str = ""
) -> None:
    old = _existing(call, server_certificate_name)
    name = new_server_certificate_name or old.name
    if name.lower() != old.folded and state.is_taken(server_certificates, call, name):
        raise _exists(name)
    server_certificates.remove(call, old)
    server_certificates.add(call, replace(old, name=name, folded=name.lower(), path=new_path or old.path))


@operation
def delete_server_certificate(call: Call, *, server_certificate_name: str) -> None:
    server_certificates.remove(call, _existing(call, server_certificate_name))


@operation
def tag_server_certificate(call: Call, *, server_certificate_name: str, tags: Tags) -> None:
    found = _existing(call, server_certificate_name)
    server_certificates.replace(call, found, replace(found, tags=naming.checked_tags(tags, found.tags)))


@operation
def untag_server_certificate(call: Call, *, server_certificate_name: str, tag_keys: list[str]) -> None:
    found = _existing(call, server_certificate_name)
    server_certificates.replace(call, found, replace(found, tags=naming.without_tags(found.tags, tag_keys)))


@operation
def list_server_certificate_tags(
    call: Call, *, server_certificate_name: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return naming.page_of_tags(_existing(call, server_certificate_name).tags, marker, max_items)
