"""What each kind of policy may contain, beyond what all policies have in common, and how long it may be.

Source of the quotas: "IAM and AWS STS quotas", "Quotas for AWS Organizations". Source of the sentences: the answers of IAM.
"""

import re
from typing import Any

from .conditions import split
from .errors import SYNTAX, MalformedPolicy, PolicyTooLarge
from .operators import OPERATORS
from .statements import Statement
from .texts import scalars, strings

LIMITS_CHARS = {
    "identity": 10_240,  # the longest inline policies, a role's; group 5120, user 2048: pass size_limit
    "managed": 6_144,
    "boundary": 6_144,
    "session": 2_048,
    "trust": 2_048,
    "scp": 5_120,
    "rcp": 5_120,
    "resource": 32_768,  # KMS's; most services have 20 KiB: pass size_limit
}
MEASURED_BY_IAM = ("identity", "managed", "boundary", "trust")
WITHOUT_PRINCIPAL = ("identity", "managed", "boundary", "session", "scp")
ONLY_2012 = ("managed", "boundary", "session")  # an inline policy may have no version: SAM's templates have none
RCP_SERVICES = ("s3", "sts", "sqs", "secretsmanager", "kms", "cognito-idp", "ecr", "aoss", "logs", "dynamodb")

_UNSUITABLE = "The provided policy document does not meet the requirements of the specified policy type."
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_S3_OF_REGIONS = ("accesspoint/", "job/", "storage-lens/", "storage-lens-group/", "async-request/", "access-grants/")
_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[a-zA-Z0-9-]+")
_PARTITION = re.compile(r"aws[a-z-]*|\*")
_ACCOUNT = re.compile(r"[0-9]{12}")
_NAMED = re.compile(
    r"arn:aws[a-z-]*:(iam|sts)::([0-9]{12}|cloudfront):(root|(user|role|assumed-role|federated-user)/[^*?]+)"
)
_ID = re.compile(r"A[A-Z0-9]{15,}")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]+(\.cn)?")


def check_size(text: str, kind: str, size_limit: int | None) -> None:
    """IAM counts no white space; what is measured elsewhere counts it."""
    limit = size_limit or LIMITS_CHARS[kind]
    size = len(text) - (sum(map(text.count, " \t\r\n")) if kind in MEASURED_BY_IAM else 0)
    if size > limit:
        raise PolicyTooLarge(limit, size)


def check(statements: tuple[Statement, ...], source: dict[str, Any], kind: str) -> None:
    """Raises MalformedPolicy for what AWS would refuse in a policy of this kind. The document has compiled."""
    if not statements:
        raise MalformedPolicy(SYNTAX)
    if kind in ONLY_2012 and source.get("Version") != "2012-10-17":
        raise MalformedPolicy("Policy document must be version 2012-10-17 or greater.")
    elements = source["Statement"] if isinstance(source["Statement"], list) else [source["Statement"]]
    for statement, element in zip(statements, elements, strict=True):
        _check_principal(element, kind)
        _check_resource(statement, element, kind)
        _check_actions(statement)
        _check_conditions(element)
        if kind == "trust":
            _check_trust(statement)
        if kind == "rcp":
            _check_rcp(statement, element)
        if kind not in ("resource", "trust") and not _SID.fullmatch(statement.sid):
            raise MalformedPolicy(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
                "[0-9A-Za-z]*"
            )
    sids = [statement.sid for statement in statements if statement.sid]
    if len(sids) != len(set(sids)):
        raise MalformedPolicy("Statement IDs (SID) in a single policy must be unique.")


def _check_principal(element: dict[str, Any], kind: str) -> None:
    has = "Principal" in element or "NotPrincipal" in element
    if kind in WITHOUT_PRINCIPAL:
        if has:
            raise MalformedPolicy(_UNSUITABLE if kind == "scp" else "Policy document should not specify a principal.")
        return
    if not has:
        raise MalformedPolicy("Missing required field Principal")
    if kind == "trust" and "NotPrincipal" in element and element["Effect"] == "Allow":
        raise MalformedPolicy("Allow with NotPrincipal is not supported in a role trust policy.")
    named = element.get("Principal", element.get("NotPrincipal"))
    for of_kind, names in named.items() if isinstance(named, dict) else ():
        for name in strings(names):
            if not _is_principal(of_kind, name):
                raise MalformedPolicy(f'Invalid principal in policy: "{of_kind}":"{name}"')


def _is_principal(kind: str, name: str) -> bool:
    if kind == "AWS":
        return name == "*" or any(form.fullmatch(name) for form in (_ACCOUNT, _NAMED, _ID))
    return kind != "Service" or bool(_SERVICE.fullmatch(name))


def _check_resource(statement: Statement, element: dict[str, Any], kind: str) -> None:
    if kind == "trust":
        for name in ("Resource", "NotResource"):
            if name in element:
                raise MalformedPolicy(f"Has prohibited field {name}")
        return
    if not statement.resources:
        if kind == "resource" and "Resource" not in element and "NotResource" not in element:
            return
        raise MalformedPolicy("Policy statement must contain resources.")
    if kind != "resource":
        for resource in statement.resources:
            _check_arn(resource)


def _check_arn(resource: str) -> None:
    if resource == "*":
        return
    parts = resource.split(":", 5)
    if parts[0] != "arn" or len(parts) < 2:
        raise MalformedPolicy(f'Resource {resource} must be in ARN format or "*".')
    if not _PARTITION.fullmatch(parts[1]):
        raise MalformedPolicy(
            f'Partition "{parts[1]}" is not valid for resource "{":".join((parts + ["*"] * 4)[:6])}".'
        )
    if len(parts) < 3 or not _VENDOR.fullmatch(parts[2]):
        raise MalformedPolicy("Resource vendor must be fully qualified and cannot contain regexes.")
    if len(parts) < 6 and not parts[-1].endswith("*"):
        raise MalformedPolicy("The policy failed legacy parsing")
    has_region = len(parts) > 3 and parts[3] not in ("", "*")
    name = parts[5] if len(parts) == 6 else "*"
    if parts[2] == "iam" and has_region:
        raise MalformedPolicy(f"IAM resource {resource} cannot contain region information.")
    if parts[2] == "s3" and has_region and not name.startswith(_S3_OF_REGIONS):
        raise MalformedPolicy(f"Resource {resource} can not contain region information.")
    if parts[2] == "iam" and name not in ("*", "root") and not name.startswith(_IAM_PATHS):
        raise MalformedPolicy(f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.')


def _check_actions(statement: Statement) -> None:
    for action in statement.actions:
        if action == "*":
            continue
        vendor, colon, name = action.partition(":")
        if not colon:
            raise MalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        if ":" in name:
            raise MalformedPolicy("Actions/Condition can contain only one colon.")
        if vendor != "*" and not _VENDOR.fullmatch(vendor):
            raise MalformedPolicy(f"Vendor {vendor} is not valid")
        if not name:
            raise MalformedPolicy(SYNTAX)


def _check_conditions(element: dict[str, Any]) -> None:
    for operator, keys in element.get("Condition", {}).items():
        _, base, _ = split(operator)
        readable = OPERATORS[base].is_value if base in OPERATORS else None
        for key, wanted in keys.items():
            if ":" not in key.strip(":"):
                raise MalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
            for text in scalars(wanted):
                if readable and "${" not in text and readable(text) is None:
                    is_date = base.startswith("Date")
                    raise MalformedPolicy("The policy failed legacy parsing" if is_date else SYNTAX)
                if base == "Null" and text.lower() not in ("true", "false"):
                    raise MalformedPolicy(SYNTAX)


def _check_trust(statement: Statement) -> None:
    if statement.not_action or any(
        not action.lower().startswith("sts:") and action not in ("*", "*:*") for action in statement.actions
    ):
        raise MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")


def _check_rcp(statement: Statement, element: dict[str, Any]) -> None:
    is_everyone = element.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    is_covered = all(action.partition(":")[0].lower() in RCP_SERVICES for action in statement.actions)
    if statement.is_allow or statement.not_action or not is_everyone or not is_covered:
        raise MalformedPolicy(_UNSUITABLE)
