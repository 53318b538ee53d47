"""Certificates of the cloud: who makes them, who holds them, and who uses them.

Kept here because three sides meet in it. The local authority, whose key lies with the edge, signs what a service asks for
(`Certify`, as the request of an `Outside`). `acm` writes what it holds, whatever serves TLS reads it, and says that it uses
it, by its ARN.
"""

from __future__ import annotations

from .store import Transaction
from .tables import Place, Record, Table


class Certify:
    """Sign a server's certificate. `public_key` is PEM; the first name is its common name too; times are seconds since the
    epoch. `then` gets a `Certified`, or a `Failed` where there is no authority."""

    __slots__ = ("begins", "ends", "names", "public_key", "serial")

    def __init__(self, public_key: str, names: tuple[str, ...], begins: float, ends: float, serial: int) -> None:
        self.public_key = public_key
        self.names = names
        self.begins = begins
        self.ends = ends
        self.serial = serial


class Certified:
    """Both PEM: the certificate, and the authorities that vouch for it, the nearest first."""

    __slots__ = ("certificate", "chain")

    def __init__(self, certificate: str, chain: str) -> None:
        self.certificate = certificate
        self.chain = chain


class Held(Record, frozen=True):
    """All PEM, the private key unencrypted. `chain` is without the certificate itself, and may be empty."""

    arn: str
    certificate: str
    chain: str
    private_key: str


class Use(Record, frozen=True):
    """`user` is the ARN of what uses it: a load balancer, a distribution, a domain name."""

    certificate: str
    user: str


held = Table("kernel.certificates", Held, key=("arn",), scope="cloud")
uses = Table("kernel.certificates.uses", Use, key=("certificate", "user"), scope="cloud")


def everywhere(tx: Transaction) -> Place:
    return Place(tx, "", "")


def use(tx: Transaction, certificate: str, user: str) -> None:
    """Say that a resource uses a certificate: it is renewed, and cannot be deleted, until `release`."""
    uses.put(everywhere(tx), Use(certificate=certificate, user=user))


def release(tx: Transaction, certificate: str, user: str) -> None:
    uses.delete(everywhere(tx), certificate, user)


def users(tx: Transaction, certificate: str) -> list[str]:
    return [each.user for each in uses.range(everywhere(tx), certificate)]
