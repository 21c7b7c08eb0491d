"""The city's own certificate authority: one server certificate for the broker, one credential per device.

Certificates end on 9999-12-31 (RFC 5280 4.1.2.5: "no well-defined expiration date"). The broker drops a
client whose certificate lapses, and a lapsed button must still ring; a credential is revoked by taking
its subject out of the broker's user map.
"""

import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NO_EXPIRY = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
# Devices start with clocks some days wrong; a certificate younger than the device's "now" is refused by TLS.
BACKDATE = timedelta(days=30)
# One NATS subject token, one MQTT topic level, and a certificate common name (ub-common-name is 64, RFC 5280).
DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# 64 random bits: RFC 5280 4.1.2.2 and the CA/Browser Forum ask as much of a serial number.
CREDENTIAL_NUMBER_BYTES = 8
# The authority in use, and the one before it while devices still learn the new one.
AUTHORITIES_MAX = 2


class DeviceCredential(msgspec.Struct, frozen=True):
    """What a device holds. `subject` is the certificate's URI name, which the broker maps to its permissions."""

    device_id: str
    subject: str
    key_pem: bytes
    cert_pem: bytes


class ServerFiles(msgspec.Struct, frozen=True):
    """Where the broker finds its certificate, its key, and the authorities whose devices it knows."""

    cert: Path
    key: Path
    trust: Path


class _Issuer(msgspec.Struct, frozen=True):
    key: ec.EllipticCurvePrivateKey
    cert: x509.Certificate


class CityAuthority:
    """The authorities of one city, in one private folder.

    `authority-<n>.pem` and `.key` are kept by number. `server_by` says which one signs for the broker:
    during a rotation the newest already signs devices, and is already trusted, before it signs the server.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._issuers = [self._load(n) for n in self._numbers()]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the authority kept in `folder`, making the first one if there is none."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority = cls(folder)
        if not authority._issuers:
            authority.begin_rotation()
        return authority

    @property
    def trust_pem(self) -> bytes:
        """The certificates a device and the broker trust: the authority, or both during a rotation."""
        return b"".join(i.cert.public_bytes(serialization.Encoding.PEM) for i in self._issuers)

    def _numbers(self) -> list[int]:
        return sorted(int(p.stem.removeprefix("authority-")) for p in self._folder.glob("authority-*.pem"))

    def _load(self, number: int) -> _Issuer:
        key = serialization.load_pem_private_key((self._folder / f"authority-{number}.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"authority {number} does not hold an elliptic-curve key")
        cert = x509.load_pem_x509_certificate((self._folder / f"authority-{number}.pem").read_bytes())
        return _Issuer(key, cert)

    def begin_rotation(self) -> None:
        """Add an authority that signs new devices and is trusted at once. Raises ValueError when two exist."""
        numbers = self._numbers()
        if len(numbers) >= AUTHORITIES_MAX:
            raise ValueError("a rotation is already under way: finish it first")
        number = (numbers[-1] if numbers else 0) + 1
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Nec Mergitur city authority {number}")])
        cert = (
            _unsigned(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_private(self._folder / f"authority-{number}.key", _key_pem(key))
        write_private(self._folder / f"authority-{number}.pem", cert.public_bytes(serialization.Encoding.PEM))
        self._issuers.append(_Issuer(key, cert))

    def switch_server(self, names: Iterable[str]) -> ServerFiles:
        """Sign the broker's certificate by the newest authority: once every device trusts it."""
        return self._issue_server(self._issuers[-1], list(names))

    def finish_rotation(self) -> None:
        """Stop trusting the older authority: its devices are refused from the broker's next start.

        Raises ValueError when there is only one, or when it still signs the broker's certificate.
        """
        if len(self._issuers) < AUTHORITIES_MAX:
            raise ValueError("no rotation is under way")
        if self._server_issuer() is not self._issuers[-1]:
            raise ValueError("the broker still shows a certificate of the older authority: switch it first")
        number = self._numbers()[0]
        for suffix in ("pem", "key"):
            (self._folder / f"authority-{number}.{suffix}").unlink()
        del self._issuers[0]
        write_private(self._folder / "trust.pem", self.trust_pem)

    def _server_issuer(self) -> _Issuer:
        """Return who signed the broker's certificate; the oldest authority when there is none yet."""
        try:
            cert = x509.load_pem_x509_certificate((self._folder / "server.pem").read_bytes())
        except FileNotFoundError:
            return self._issuers[0]
        for issuer in self._issuers:
            if cert.issuer == issuer.cert.subject:
                return issuer
        return self._issuers[0]

    def ensure_server(self, names: Iterable[str]) -> ServerFiles:
        """Return the broker's files, issuing a certificate when there is none or when `names` differ."""
        wanted = list(names)
        files = self._server_files()
        write_private(files.trust, self.trust_pem)
        if files.cert.exists() and files.key.exists():
            cert = x509.load_pem_x509_certificate(files.cert.read_bytes())
            held = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            if list(held) == [_general_name(n) for n in wanted]:
                return files
        return self._issue_server(self._server_issuer(), wanted)

    def rotate_server(self, names: Iterable[str]) -> ServerFiles:
        """Give the broker a new key and certificate by the same authority; devices notice nothing."""
        return self._issue_server(self._server_issuer(), list(names))

    def _server_files(self) -> ServerFiles:
        return ServerFiles(self._folder / "server.pem", self._folder / "server.key", self._folder / "trust.pem")

    def _issue_server(self, issuer: _Issuer, names: list[str]) -> ServerFiles:
        files = self._server_files()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nec broker")])
        cert = (
            _unsigned(subject, issuer.cert.subject, key.public_key())
            .add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_authority_key(issuer), critical=False)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .sign(issuer.key, hashes.SHA256())
        )
        write_private(files.key, _key_pem(key))
        write_private(files.cert, cert.public_bytes(serialization.Encoding.PEM))
        write_private(files.trust, self.trust_pem)
        return files

    def issue_device(self, device_id: str, kind: str = "button") -> DeviceCredential:
        """Return a fresh key and certificate; raises ValueError when `device_id` is not a plain token.

        The name holds a credential number beside the id, so that a device may carry two credentials while
        one replaces the other, and either can be revoked alone. It is a URI, because the broker looks that up
        at once: a distinguished name it compares with every device's, 17 ms of its time at 20,000 (measured).
        """
        if not DEVICE_ID.fullmatch(device_id):
            raise ValueError(f"not a device id (letters, digits, '-' and '_', 64 at most): {device_id!r}")
        issuer = self._issuers[-1]
        key = ec.generate_private_key(ec.SECP256R1())
        number = secrets.token_hex(CREDENTIAL_NUMBER_BYTES)
        uri = f"urn:nec:{kind}:{device_id}:{number}"
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, device_id),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, number),
            ]
        )
        cert = (
            _unsigned(subject, issuer.cert.subject, key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(_authority_key(issuer), critical=False)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .sign(issuer.key, hashes.SHA256())
        )
        pem = cert.public_bytes(serialization.Encoding.PEM)
        return DeviceCredential(device_id, uri, _key_pem(key), pem)

    def issue_devices(self, device_ids: Iterable[str]) -> Iterator[DeviceCredential]:
        """Yield a credential for each id, one at a time, so that 20,000 keys are never held at once."""
        for device_id in device_ids:
            yield self.issue_device(device_id)


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` whole or not at all, readable by its owner only."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _unsigned(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - BACKDATE)
        .not_valid_after(NO_EXPIRY)
    )


def _authority_key(issuer: _Issuer) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
