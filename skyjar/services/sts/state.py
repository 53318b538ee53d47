"""What STS keeps: the roles that `iam` has told of, and the sessions it has issued (their keys are the kernel's)."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class AssumableRole(Record, frozen=True):
    name: str
    id: str
    path: str
    trust: str
    max_session_s: int


class Session(Record, frozen=True):
    """`issuer` is the id of the role or user behind it; `transitive` the session tags that a chained session keeps."""

    access_key: str
    issuer: str
    expires_at: float
    transitive: tuple[str, ...] = ()


class Outbound(Record, frozen=True):
    """The account as an issuer of web identity tokens: its address."""

    id: str
    address: str
    is_enabled: bool


class Address(Record, frozen=True):
    issuer: str
    address: str


class Decryption(Record, frozen=True):
    """The private keys of a SAML provider, as PEM; `is_required`: what is not encrypted is refused."""

    provider: str
    keys: tuple[str, ...]
    is_required: bool


class Signer(Record, frozen=True):
    """A key that an issuer signs with, as PEM; `name` is its kid."""

    issuer: str
    algorithm: str
    name: str
    private: str


class Sweep(Record, frozen=True):
    id: str
    due: float


roles = Table("sts.roles", AssumableRole, key=("name",), scope="account")
sessions = Table(
    "sts.sessions",
    Session,
    key=("access_key",),
    scope="cloud",
    indexes={"expires": ("expires_at",), "issuer": ("issuer",)},
)
outbound = Table("sts.outbound", Outbound, key=("id",), scope="account")
addresses = Table("sts.addresses", Address, key=("issuer",), scope="cloud")
decryptions = Table("sts.decryptions", Decryption, key=("provider",), scope="account")
signers = Table("sts.signers", Signer, key=("issuer", "algorithm"), scope="cloud")
sweeps = Table("sts.sweeps", Sweep, key=("id",), scope="cloud")
