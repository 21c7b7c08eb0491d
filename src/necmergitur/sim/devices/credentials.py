"""What simulated devices hold: keys and certificates in a file of JSON lines, one device a line."""

import os
import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from necmergitur.adapters.pki import DeviceCredential

# Keys of simulated devices are still keys: readable by their owner only.
_PRIVATE = 0o600


class Identity(msgspec.Struct, frozen=True):
    """One device's line: its id, the name the broker knows its certificate by, and both PEM texts."""

    device_id: str
    subject: str
    key_pem: str
    cert_pem: str


def identity_of(credential: DeviceCredential) -> Identity:
    """Return what a device keeps of a credential the city's authority issued."""
    return Identity(credential.device_id, credential.subject, credential.key_pem.decode(), credential.cert_pem.decode())


def write_identities(path: Path, credentials: Iterable[DeviceCredential]) -> int:
    """Write one line per credential into a new private file and return how many."""
    encoder = msgspec.json.Encoder()
    count = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "wb") as file:
        for credential in credentials:
            file.write(encoder.encode(identity_of(credential)) + b"\n")
            count += 1
    return count


def read_identities(path: Path) -> Iterator[Identity]:
    """Yield the devices of a file. Raises msgspec.DecodeError on a line that is not one."""
    decoder = msgspec.json.Decoder(Identity)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)


def tls_context(identity: Identity, trust_pem: str) -> ssl.SSLContext:
    """Return a context that shows the device's certificate and trusts the city's authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=trust_pem)
    # The library reads a certificate from a path only; this one never reaches a disk.
    held = os.memfd_create(identity.device_id[:64])
    try:
        os.write(held, (identity.key_pem + identity.cert_pem).encode())
        context.load_cert_chain(f"/proc/self/fd/{held}")
    finally:
        os.close(held)
    return context
