"""What users have besides access keys: passwords, certificates, SSH keys, passwords for single services. By the user's id,
which stays the same when the user is renamed."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Record, Table

from . import state, users
from .state import User


class LoginProfile(Record, frozen=True):
    """`digest` is of the password with `salt` (scrypt); `before` are the digests of earlier ones, latest first."""

    user: str
    created_at: float
    changed_at: float
    salt: bytes
    digest: bytes
    must_change: bool = False
    before: tuple[bytes, ...] = ()


class PasswordPolicy(Record, frozen=True):
    """`age_days` and `remembered` 0: not set."""

    id: str = ""
    length: int = 6
    symbols: bool = False
    numbers: bool = False
    upper: bool = False
    lower: bool = False
    may_change: bool = False
    age_days: int = 0
    remembered: int = 0
    is_hard: bool = False
    has_hard: bool = False


class SigningCertificate(Record, frozen=True):
    user: str
    id: str
    body: str
    fingerprint: str
    uploaded_at: float
    is_active: bool = True


class SshKey(Record, frozen=True):
    """`body` is as it was uploaded."""

    user: str
    id: str
    body: str
    fingerprint: str
    uploaded_at: float
    is_active: bool = True


class ServiceCredential(Record, frozen=True):
    """`expires_at` 0: does not expire. Bearer keys have an `alias` where the others have a user name."""

    user: str
    id: str
    service: str
    name: str
    secret: str
    created_at: float
    is_bearer: bool = False
    expires_at: float = 0.0
    is_active: bool = True


class ServerCertificate(Record, frozen=True):
    name: str
    folded: str
    id: str
    path: str
    body: str
    chain: str
    private_key: str
    uploaded_at: float
    expires_at: float
    tags: dict[str, str] = {}


login_profiles = Table("iam.logins", LoginProfile, key=("user",), scope="account")
password_policies = Table("iam.password-policies", PasswordPolicy, key=("id",), scope="account")
signing_certificates = Table("iam.signing-certificates", SigningCertificate, key=("user", "id"), scope="account")
ssh_keys = Table("iam.ssh-keys", SshKey, key=("user", "id"), scope="account")
service_credentials = Table("iam.service-credentials", ServiceCredential, key=("user", "id"), scope="account")
server_certificates = Table(
    "iam.server-certificates", ServerCertificate, key=("name",), scope="account", indexes={"folded": ("folded",)}
)


def meant(call: Call, user_name: str) -> User:
    """The user who is named, or who calls."""
    return state.user_of(call, users.own_name(call, user_name))
