"""The certificates of a cluster that serves TLS: an authority of its own, and one for each broker.

    DIR/tls/ca.pem            the authority's certificate: what clients trust
    DIR/tls/truststore.p12    the same for Java, password `changeit`
    DIR/tls/ca.key            its private key (0600)
    DIR/tls/broker-1.pem      a broker's key and certificate (0600)

Rules kept here: the authority is made once and goes where the directory goes; a broker's
certificate is made anew at each start, for the names by which it can be dialled now; files are
replaced as a whole, and several zones that start together make one authority between them (a lock).
Times come from the caller, so that a test's frozen clock makes no certificate of another year. This
module is an edge: it touches files itself, and the simulator doesn't run it.
"""

from __future__ import annotations

import datetime
import fcntl
import ipaddress
import os
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from msklite.errors import UserError
from msklite.zone.spec import CA_FILE, TRUST_STORE

TRUST_STORE_PASSWORD = "changeit"
"""The trust store holds nothing secret; Java wants a password all the same, and this is its own."""
_KEY_FILE = "ca.key"
_DAY = datetime.timedelta(days=1)
_CA_DAYS = 3650
_BROKER_DAYS = 397
"""The longest that clients of today put up with."""


class Authority:
    """The certificate authority in `folder`; made on first use."""

    def __init__(self, folder: str | Path, cluster: str, now_ms: int) -> None:
        self._folder = Path(folder)
        self._cluster = cluster
        self._now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)

    def make(self) -> None:
        """Make it now, for a folder that is copied before any broker runs."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._own()
        except OSError as error:
            why = error.strerror or error
            raise UserError(f"{self._folder} can't be written: {why}.") from None

    def server_context(self, node_id: int, hosts: Iterable[str]) -> ssl.SSLContext:
        """TLS 1.2 and 1.3 as broker `node_id`, with a fresh certificate for `hosts`."""
        path = self._folder / f"broker-{node_id}.pem"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            key, certificate = self._own()
            _replace(path, self._issue(key, certificate, node_id, hosts), private=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.options |= ssl.OP_NO_RENEGOTIATION
            context.load_cert_chain(path)
        except OSError as error:
            raise UserError(
                f"The certificates in {self._folder} can't be used: {error.strerror or error}."
            ) from None
        return context

    def _own(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """The authority's key and certificate."""
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self._folder / _KEY_FILE).exists():
                self._make()
            try:
                key = serialization.load_pem_private_key(
                    (self._folder / _KEY_FILE).read_bytes(), None
                )
                certificate = x509.load_pem_x509_certificate((self._folder / CA_FILE).read_bytes())
            except (ValueError, FileNotFoundError):
                raise UserError(
                    f"The authority in {self._folder} is damaged: remove that folder for a new one,"
                    " and give clients its certificate."
                ) from None
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key, certificate

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "msklite"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"msklite CA of {self._cluster}"[:64]),
            ]
        )
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = (
            self._builder(name, name, key.public_key(), _CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        store = pkcs12.serialize_java_truststore(
            [pkcs12.PKCS12Certificate(certificate, b"msklite")],
            serialization.BestAvailableEncryption(TRUST_STORE_PASSWORD.encode()),
        )
        _replace(self._folder / CA_FILE, certificate.public_bytes(serialization.Encoding.PEM))
        _replace(self._folder / TRUST_STORE, store)
        _replace(self._folder / _KEY_FILE, _pem(key), private=True)  # last: all is there

    def _issue(
        self,
        ca_key: ec.EllipticCurvePrivateKey,
        ca: x509.Certificate,
        node_id: int,
        hosts: Iterable[str],
    ) -> bytes:
        """A broker's key and certificate, as one PEM file."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "msklite"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"broker {node_id}"),
            ]
        )
        certificate = (
            self._builder(name, ca.subject, key.public_key(), _BROKER_DAYS)
            .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
                critical=False,
            )
            .sign(ca_key, hashes.SHA256())
        )
        return _pem(key) + certificate.public_bytes(serialization.Encoding.PEM)

    def _builder(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: ec.EllipticCurvePublicKey,
        days: int,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - _DAY)
            .not_valid_after(self._now + days * _DAY)
        )


def _names(hosts: Iterable[str]) -> list[x509.GeneralName]:
    """The names that a client may have dialled; this machine's own are always among them."""
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys(("localhost", "127.0.0.1", "::1", *hosts)):
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            names.append(x509.DNSName(host))
            continue
        if not address.is_unspecified:
            names.append(x509.IPAddress(address))
    return names


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _replace(path: Path, data: bytes, *, private: bool = False) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o644
    )
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
    temporary.replace(path)
