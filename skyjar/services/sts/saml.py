"""AssumeRoleWithSAML: a role for whoever shows a response that a SAML provider of the account has signed."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import Place
from skyjar.planes.saml import Assertion, Malformed, Metadata, Unsigned, is_encrypted, read_metadata, read_response
from skyjar.planes.xml_encryption import Undecipherable

from . import federation, limits, restrictions, roles, state
from .errors import ExpiredTokenException, InvalidIdentityTokenException, ValidationError
from .federation import Federated
from .restrictions import Arns

_OPERATION = "assume_role_with_saml"
_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_TAG = _ATTRIBUTES + "PrincipalTag:"
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_RECIPIENT = re.compile(r"https://([a-z]{2}(-[a-z]+)+-\d\.)?signin\.aws\.amazon\.com/saml")
_AUDIENCES = ("urn:amazon:webservices", "https://signin.aws.amazon.com/saml")
_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"


@operation
def assume_role_with_saml(
    call: Call,
    *,
    role_arn: str,
    principal_arn: str,
    saml_assertion: str,
    policy_arns: Arns | None = None,
    policy: str = "",
    duration_seconds: int = limits.ROLE_DEFAULT_S,
    minimum_session_token_size: int = 0,
) -> dict[str, Any]:
    metadata = _metadata(call, principal_arn)
    assertion = _assertion(call, metadata, principal_arn, saml_assertion)
    _check_pair(assertion, role_arn, principal_arn)
    found = roles.find(call, role_arn)
    if found is None:
        raise federation.refused("AssumeRoleWithSAML")
    if duration_seconds > found[1].max_session_s:
        raise ValidationError("Requested DurationSeconds exceeds MaxSessionDuration set for this role.")
    account = found[0]
    name = _one(assertion, "RoleSessionName")
    if not name:
        raise InvalidIdentityTokenException("RoleSessionName is required in AuthnResponse")
    if _NAME.fullmatch(name) is None:
        raise InvalidIdentityTokenException("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    who = _federated(assertion, account, principal_arn)
    policies = restrictions.session_policies(call, account, policy, policy_arns)
    answer = federation.assume(
        call,
        _OPERATION,
        who,
        role_arn,
        name,
        policies=policies,
        duration_s=duration_seconds,
        least_bytes=minimum_session_token_size,
    )
    return {
        **answer,
        "Subject": assertion.subject,
        "SubjectType": who.context["saml:sub_type"],
        "Issuer": assertion.issuer,
        "Audience": assertion.recipient,
        "NameQualifier": who.context["saml:namequalifier"],
    }


def _metadata(call: Call, arn: str) -> Metadata:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("saml-provider/"):
        raise ValidationError(f"{arn} is invalid")
    found = federation.provider_of(call, "get_saml_provider", parts[4], saml_provider_arn=arn)
    if found is None:
        raise InvalidIdentityTokenException("Specified provider doesn't exist")
    if call.now >= found["ValidUntil"]:
        raise InvalidIdentityTokenException("Specified provider's metadata has expired")
    return read_metadata(found["SAMLMetadataDocument"])


def _assertion(call: Call, metadata: Metadata, arn: str, encoded: str) -> Assertion:
    now = call.now
    held = state.decryptions.get(Place(call.tx, arn.split(":")[4], ""), arn.rpartition("/")[2])
    keys, is_required = (held.keys, held.is_required) if held is not None else ((), False)
    try:
        response = b64decode("".join(encoded.split()), validate=True)
        if is_required and not is_encrypted(response):
            raise InvalidIdentityTokenException("The SAML provider requires encrypted assertions.")
        assertion = read_response(response, metadata.certificates, now, keys)
    except Undecipherable:
        raise InvalidIdentityTokenException("Unable to decrypt the SAML assertion.") from None
    except (NotBase64, Malformed):
        raise InvalidIdentityTokenException("Invalid SAML response") from None
    except Unsigned:
        raise InvalidIdentityTokenException("Response signature invalid") from None
    if assertion.issuer != metadata.issuer:
        raise InvalidIdentityTokenException("Issuer not present in specified provider")
    if _RECIPIENT.fullmatch(assertion.recipient) is None or not set(assertion.audiences) & set(_AUDIENCES):
        raise InvalidIdentityTokenException("Response does not contain the required audience.")
    _check_times(now, assertion)
    return assertion


def _check_times(now: float, assertion: Assertion) -> None:
    is_late = now >= assertion.issued_at + limits.SAML_S + limits.SKEW_S
    if is_late or not assertion.not_on_or_after or now >= assertion.not_on_or_after:
        raise ExpiredTokenException("Token must be redeemed within 5 minutes of issuance")
    if max(assertion.not_before, assertion.issued_at) > now + limits.SKEW_S:
        raise InvalidIdentityTokenException("Response is not valid yet")
    if assertion.session_ends_at and now >= assertion.session_ends_at:
        raise ExpiredTokenException("Token must be redeemed within 5 minutes of issuance")


def _check_pair(assertion: Assertion, role_arn: str, principal_arn: str) -> None:
    """The assertion names the roles that the user may have, each with its provider, in either order."""
    for pair in assertion.attributes.get(_ATTRIBUTES + "Role", ()):
        if {part.strip() for part in pair.split(",")} == {role_arn, principal_arn}:
            return
    raise federation.refused("AssumeRoleWithSAML")


def _one(assertion: Assertion, attribute: str) -> str:
    return (assertion.attributes.get(_ATTRIBUTES + attribute) or ("",))[0]


def _federated(assertion: Assertion, account: str, principal_arn: str) -> Federated:
    name = principal_arn.rpartition("/")[2]
    digest = hashlib.sha1(f"{assertion.issuer}{account}/{name}".encode()).digest()
    context: dict[str, Any] = {
        "saml:aud": assertion.recipient,
        "saml:iss": assertion.issuer,
        "saml:sub": assertion.subject,
        "saml:sub_type": assertion.subject_format.removeprefix(_FORMAT),
        "saml:namequalifier": b64encode(digest).decode(),
        "saml:doc": f"{account}/{name}",
    }
    for attribute, values in assertion.attributes.items():
        key = limits.SAML_KEYS.get(attribute)
        if key is not None and values:
            context[f"saml:{key}"] = list(values)
    identity = _one(assertion, "SourceIdentity")
    if identity and (_NAME.fullmatch(identity) is None or identity.startswith("aws:")):
        raise InvalidIdentityTokenException(
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
        )
    return Federated(
        provider=principal_arn,
        account=account,
        subject=assertion.subject,
        context=context,
        kept=("saml:namequalifier", "saml:sub", "saml:sub_type"),
        tags={key.removeprefix(_TAG): v[0] for key, v in assertion.attributes.items() if key.startswith(_TAG) and v},
        transitive=assertion.attributes.get(_ATTRIBUTES + "TransitiveTagKeys", ()),
        source_identity=identity,
        session_ends_at=assertion.session_ends_at,
    )
