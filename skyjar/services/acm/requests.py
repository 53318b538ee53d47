"""Requests for certificates: asking for one, and the mails that approve it."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import jobs, limits, quotas, state, validation
from .errors import (
    InvalidDomainValidationOptionsException,
    InvalidParameterException,
    InvalidStateException,
    LimitExceededException,
    ValidationException,
)
from .state import FAILED, PENDING, Approval, Certificate, Domain
from .tags import Tags, checked_tags


@operation
def request_certificate(
    call: Call,
    *,
    domain_name: str,
    validation_method: str = "EMAIL",
    subject_alternative_names: list[str] | None = None,
    idempotency_token: str = "",
    domain_validation_options: list[dict[str, str]] | None = None,
    options: dict[str, str] | None = None,
    tags: Tags | None = None,
    key_algorithm: str = "RSA_2048",
) -> dict[str, str]:
    before = _asked_before(call, idempotency_token)
    if before is not None:
        return {"CertificateArn": state.arn_of(call, before.id)}
    if validation_method == "HTTP":
        raise NotImplementedHere(
            "Skyjar does not implement the ValidationMethod HTTP, which CloudFront alone asks for."
        )
    names = _names(domain_name, subject_alternative_names or [])
    _check_algorithm(key_algorithm)
    is_exportable = _exports(options or {})
    mail_domains = _mail_domains(names, domain_validation_options or [])
    quotas.count(call, "AMAZON_ISSUED")
    validation.prepare(call)
    reason = next((why for why in map(validation.refusal, names) if why), "")
    made = Certificate(
        id=call.new_id(),
        type="AMAZON_ISSUED",
        domain=names[0],
        created_at=float(int(call.now)),
        status=FAILED if reason else PENDING,
        failure_reason=reason,
        names=names,
        algorithm=key_algorithm,
        method=validation_method,
        is_exportable=is_exportable,
        domains=tuple(Domain(name, mail_domains[name], FAILED if reason else PENDING) for name in names),
        token=idempotency_token,
        tags=checked_tags(tags or []),
    )
    state.certificates.add(call, made)
    if not reason:
        state.approvals.add(call, Approval(id=made.id, account=call.account, region=call.region))
        call.later(jobs.validate, key=made.id, identity=made.id)
    return {"CertificateArn": state.arn_of(call, made.id)}


def _asked_before(call: Call, token: str) -> Certificate | None:
    if not token:
        return None
    asked = state.certificates.range(call, token, via="token")
    return next((each for each in asked if call.now < each.created_at + limits.TOKEN_S), None)


def _names(domain: str, others: list[str]) -> tuple[str, ...]:
    """In lower case, each once, the domain itself first."""
    if len(domain) > limits.COMMON_NAME_CHARS:
        raise InvalidParameterException(
            f"The domain name {domain} is longer than {limits.COMMON_NAME_CHARS} characters. Request a shorter one, and "
            "the long one as a subject alternative name."
        )
    names = tuple(dict.fromkeys(name.lower() for name in [domain, *others]))
    if len(names) > limits.DOMAINS:
        raise LimitExceededException("Certificate has too many domains.")
    return names


def _check_algorithm(algorithm: str) -> None:
    if algorithm not in limits.REQUESTABLE:
        raise InvalidParameterException(
            f"Key algorithm {algorithm} is not supported. Supported algorithms are {', '.join(limits.REQUESTABLE)}."
        )


def _exports(options: dict[str, str]) -> bool:
    if options.get("CertificateTransparencyLoggingPreference") == "DISABLED":
        raise InvalidParameterException("Certificate transparency logging opt-out is no longer available.")
    if "ValidationMethod" in options:
        raise InvalidParameterException("The validation method of a request is given as ValidationMethod.")
    return options.get("Export") == "ENABLED"


def _mail_domains(names: tuple[str, ...], options: list[dict[str, str]]) -> dict[str, str]:
    """The domain that each name's mails go to: given, and then the name itself or one above it."""
    found = {name: validation.default_mail_domain(name) for name in names}
    for option in options:
        name, over = option["DomainName"].lower(), option["ValidationDomain"].lower()
        if name not in found:
            raise InvalidDomainValidationOptionsException(f"The domain name {name} is not one of the certificate's.")
        found[name] = _over(name, over)
    return found


def _over(name: str, over: str) -> str:
    if not ("." + validation.bare(name)).endswith("." + over) and over != name:
        raise InvalidDomainValidationOptionsException(
            f"The validation domain {over} must be the same as the domain name {name} or a superdomain of it."
        )
    return validation.bare(over)


@operation
def resend_validation_email(call: Call, *, certificate_arn: str, domain: str, validation_domain: str) -> None:
    found = state.find(call, certificate_arn)
    if found.method != "EMAIL" or state.status_of(found, call.now) != PENDING:
        raise InvalidStateException("The certificate is not in a state in which a validation email can be sent.")
    name = domain.lower()
    if name not in found.names:
        raise InvalidDomainValidationOptionsException(f"The domain name {domain} is not one of the certificate's.")
    over = _over(name, validation_domain.lower())
    domains = tuple(
        Domain(each.name, over, each.status, each.is_vouched) if each.name == name else each for each in found.domains
    )
    state.change(call, found, domains=domains)


@operation
def update_certificate_options(call: Call, *, certificate_arn: str, options: dict[str, str]) -> None:
    """All that can be said again is what is so already: the opt-out of logs is gone, and Export is for good."""
    found = state.find(call, certificate_arn)
    if "ValidationMethod" in options:
        raise NotImplementedHere("Skyjar does not implement changing the ValidationMethod of a certificate.")
    if found.type != "AMAZON_ISSUED" or state.status_of(found, call.now) != state.ISSUED:
        raise InvalidStateException(f"Certificate {certificate_arn} is not in a state in which its options can change.")
    if "Export" in options and _exports(options) != found.is_exportable:
        raise ValidationException("The Export option of a certificate cannot be changed after it was requested.")
    _exports(options)
