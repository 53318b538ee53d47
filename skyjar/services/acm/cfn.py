"""AWS::CertificateManager::Certificate and Account. A certificate is complete when it is issued; Ref is its ARN."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.outside import Compute, Outside

from . import limits, state, validation
from .errors import InvalidStateException, ResourceNotFoundException
from .state import ISSUED, PENDING, Certificate


def create_certificate(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    """Run again whenever the request changes, which is found by its token."""
    found = state.certificates.first(call, resource.token, via="token")
    if found is None:
        _request(call, resource, properties)
        return Outside(Compute(str), lambda call, _: _waited(call, resource))
    status = state.status_of(found, call.now)
    if status in (ISSUED, PENDING):
        return _waited(call, resource)
    call.ask("acm").delete_certificate(certificate_arn=state.arn_of(call, found.id))
    reason = found.failure_reason or status
    return Outside(Compute(str), lambda call, _: _fail(found, reason))


def _waited(call: Call, resource: Resource) -> Physical:
    found = state.certificates.first(call, resource.token, via="token")
    if found is not None and state.status_of(found, call.now) == ISSUED:
        arn = state.arn_of(call, found.id)
        return Physical(arn, {"CertificateArn": arn})
    until = found.created_at + limits.TIMEOUT_S if found is not None and found.status == PENDING else call.now
    raise Wait(on=state.certificates.watched(call), until=until)


def _fail(found: Certificate, reason: str) -> Physical:
    raise InvalidStateException(f"The certificate for {found.domain} was not issued: {reason}")


def _request(call: Call, resource: Resource, properties: Properties) -> None:
    given: dict[str, Any] = {
        "domain_name": properties["DomainName"],
        "idempotency_token": resource.token,
        "validation_method": properties.get("ValidationMethod", "EMAIL"),
        "key_algorithm": properties.get("KeyAlgorithm", "RSA_2048"),
        "options": {
            "CertificateTransparencyLoggingPreference": properties.get(
                "CertificateTransparencyLoggingPreference", "ENABLED"
            ),
            "Export": properties.get("CertificateExport", "DISABLED"),
        },
    }
    if properties.get("SubjectAlternativeNames"):
        given["subject_alternative_names"] = properties["SubjectAlternativeNames"]
    options = properties.get("DomainValidationOptions", [])
    mails = [option for option in options if "ValidationDomain" in option]
    if mails:
        given["domain_validation_options"] = mails
    tags = _tags(resource, properties)
    if tags:
        given["tags"] = _listed(tags)
    call.ask("acm").request_certificate(**given)
    for option in options:
        if "HostedZoneId" in option:
            _publish(call, option["HostedZoneId"], validation.record(call, option["DomainName"]))


def _publish(call: Call, zone: str, record: dict[str, str]) -> None:
    """CloudFormation itself makes the record in the hosted zone that the template names."""
    made = {**record, "TTL": limits.RECORD_TTL_S}
    made["ResourceRecords"] = [{"Value": made.pop("Value")}]
    change = {"Action": "UPSERT", "ResourceRecordSet": made}
    call.ask("route53").change_resource_record_sets(hosted_zone_id=zone, change_batch={"Changes": [change]})


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def update_certificate(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    acm = call.ask("acm")
    wanted, had = _tags(resource, properties), _tags(resource.before(), before)
    gone = {key: value for key, value in had.items() if key not in wanted}
    if gone:
        acm.remove_tags_from_certificate(certificate_arn=old.id, tags=_listed(gone))
    if wanted and wanted != had:
        acm.add_tags_to_certificate(certificate_arn=old.id, tags=_listed(wanted))
    logging = properties.get("CertificateTransparencyLoggingPreference")
    if logging != before.get("CertificateTransparencyLoggingPreference"):
        options = {"CertificateTransparencyLoggingPreference": logging or "ENABLED"}
        acm.update_certificate_options(certificate_arn=old.id, options=options)
    return old


def delete_certificate(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("acm").delete_certificate(certificate_arn=physical.id)
    except ResourceNotFoundException:
        return


def put_account(call: Call, resource: Resource, properties: Properties) -> Physical:
    days = int(properties["ExpiryEventsConfiguration"].get("DaysBeforeExpiry", limits.EXPIRY_DAYS))
    call.ask("acm").put_account_configuration(
        idempotency_token=call.chance.hex(32), expiry_events={"DaysBeforeExpiry": days}
    )
    return Physical(call.account, {"AccountId": call.account})


def update_account(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return put_account(call, resource, properties)


def delete_account(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    put_account(call, resource, {"ExpiryEventsConfiguration": {}})


_CERTIFICATE = (
    "CertificateExport",
    "CertificateTransparencyLoggingPreference",
    "DomainName",
    "DomainValidationOptions",
    "KeyAlgorithm",
    "SubjectAlternativeNames",
    "Tags",
    "ValidationMethod",
)
RESOURCE_TYPES = {
    "AWS::CertificateManager::Certificate": ResourceType(
        create=create_certificate,
        update=update_certificate,
        delete=delete_certificate,
        properties=_CERTIFICATE,
        replaced_by=frozenset({"ValidationMethod"}),
    ),
    "AWS::CertificateManager::Account": ResourceType(
        create=put_account, update=update_account, delete=delete_account, properties=("ExpiryEventsConfiguration",)
    ),
}
