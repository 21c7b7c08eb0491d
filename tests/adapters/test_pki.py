"""The city's certificates: each does one thing, for ever, and another TLS implementation agrees."""

import ssl
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from necmergitur.adapters.pki import CityAuthority


@pytest.fixture
def authority(tmp_path: Path) -> CityAuthority:
    return CityAuthority.open(tmp_path / "pki")


def openssl_verifies(trust: bytes, cert: bytes, purpose: str, folder: Path) -> bool:
    """Ask OpenSSL's own command line, strictly."""
    (folder / "trust.pem").write_bytes(trust)
    (folder / "cert.pem").write_bytes(cert)
    command = ["openssl", "verify", "-x509_strict", "-purpose", purpose]
    command += ["-CAfile", str(folder / "trust.pem"), str(folder / "cert.pem")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_device_certificate_serves_a_client_and_nothing_else(authority: CityAuthority, tmp_path: Path) -> None:
    cert = authority.issue_device("post-1").cert_pem
    assert openssl_verifies(authority.trust_pem, cert, "sslclient", tmp_path)
    assert not openssl_verifies(authority.trust_pem, cert, "sslserver", tmp_path)


def test_the_brokers_certificate_serves_a_server_and_nothing_else(authority: CityAuthority, tmp_path: Path) -> None:
    cert = authority.ensure_server(["localhost"]).cert.read_bytes()
    assert openssl_verifies(authority.trust_pem, cert, "sslserver", tmp_path)
    assert not openssl_verifies(authority.trust_pem, cert, "sslclient", tmp_path)


def test_nothing_expires_because_a_lapsed_button_must_still_ring(authority: CityAuthority) -> None:
    cert = x509.load_pem_x509_certificate(authority.issue_device("post-1").cert_pem)
    (root,) = x509.load_pem_x509_certificates(authority.trust_pem)
    last_day = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert (cert.not_valid_after_utc, root.not_valid_after_utc) == (last_day, last_day)
    assert isinstance(cert.public_key(), ec.EllipticCurvePublicKey)


def test_two_credentials_of_one_device_have_two_subjects(authority: CityAuthority) -> None:
    one, two = authority.issue_devices(["post-1", "post-1"])
    assert one.subject != two.subject
    assert one.subject.startswith("urn:nec:button:post-1:")


@pytest.mark.parametrize("device_id", ["", "a.b", "a b", "é", "x" * 65, "a/b", "a>", "*"])
def test_an_id_the_broker_could_misread_is_refused(authority: CityAuthority, device_id: str) -> None:
    with pytest.raises(ValueError, match="not a device id"):
        authority.issue_device(device_id)


def test_an_authority_outlives_its_process(tmp_path: Path) -> None:
    first = CityAuthority.open(tmp_path)
    device = first.issue_device("post-1")
    again = CityAuthority.open(tmp_path)
    assert again.trust_pem == first.trust_pem
    assert openssl_verifies(again.trust_pem, device.cert_pem, "sslclient", tmp_path)


def test_keys_are_readable_by_their_owner_only(authority: CityAuthority, tmp_path: Path) -> None:
    authority.ensure_server(["localhost"])
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "pki").iterdir()} == {0o600}


def test_the_brokers_certificate_is_kept_until_its_names_change(authority: CityAuthority) -> None:
    first = authority.ensure_server(["localhost", "127.0.0.1"]).cert.read_bytes()
    assert authority.ensure_server(["localhost", "127.0.0.1"]).cert.read_bytes() == first
    assert authority.ensure_server(["localhost", "broker.city.example"]).cert.read_bytes() != first


def test_a_rotation_of_the_authority_leaves_no_moment_when_a_device_is_cut_off(
    authority: CityAuthority, tmp_path: Path
) -> None:
    old_device = authority.issue_device("post-1")
    old_trust = authority.trust_pem
    server = authority.ensure_server(["localhost"])

    authority.begin_rotation()
    new_device = authority.issue_device("post-2")
    trust = authority.ensure_server(["localhost"]).trust.read_bytes()
    assert openssl_verifies(trust, old_device.cert_pem, "sslclient", tmp_path)
    assert openssl_verifies(trust, new_device.cert_pem, "sslclient", tmp_path)
    # A device that has not learned the new authority still trusts what the broker shows.
    assert openssl_verifies(old_trust, server.cert.read_bytes(), "sslserver", tmp_path)
    with pytest.raises(ValueError, match="switch it first"):
        authority.finish_rotation()

    authority.switch_server(["localhost"])
    assert not openssl_verifies(old_trust, server.cert.read_bytes(), "sslserver", tmp_path)
    assert openssl_verifies(trust, server.cert.read_bytes(), "sslserver", tmp_path)

    authority.finish_rotation()
    final = CityAuthority.open(tmp_path / "pki").trust_pem
    assert not openssl_verifies(final, old_device.cert_pem, "sslclient", tmp_path)
    assert openssl_verifies(final, new_device.cert_pem, "sslclient", tmp_path)


def test_a_second_rotation_waits_for_the_first(authority: CityAuthority) -> None:
    authority.begin_rotation()
    with pytest.raises(ValueError, match="under way"):
        authority.begin_rotation()


def test_python_itself_accepts_a_device_in_strict_mode(authority: CityAuthority, tmp_path: Path) -> None:
    context = ssl.create_default_context(cadata=authority.trust_pem.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    device = authority.issue_device("post-1")
    (tmp_path / "both.pem").write_bytes(device.key_pem + device.cert_pem)
    context.load_cert_chain(tmp_path / "both.pem")


def test_a_city_of_posts_is_issued_in_seconds(authority: CityAuthority) -> None:
    begun = time.perf_counter()
    for _ in authority.issue_devices(f"post-{n}" for n in range(1_000)):
        pass
    took_s = time.perf_counter() - begun
    print(f"1,000 devices issued in {took_s:.2f} s")
    assert took_s < 10
