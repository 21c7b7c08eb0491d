"""Keys of crises: one file each, outside the database and its backups. Without it, all a crisis took is noise.

From one key come, under separate labels (NIST SP 800-108), the key of each person (from a salt beside their row),
private links, and keyed digests of phone numbers and addresses (BLAKE2b with a key, RFC 7693). The file is overwritten
before it is unlinked; a disk that copies on write, or a snapshot of it, may keep the bytes: the how-to says so.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32  # AES-256
SALT_BYTES = 16  # 128 bits: no two people of a crisis share one by chance
DIGEST_BYTES = 16  # the same
_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit nonce
_SUFFIX = ".key"
FOLDER = "crisis-keys"  # in NEC_HOME; backups leave it out
DESTROYED = "destroyed"  # in the folder: which crises' keys are gone for good, one a line
UUID_CHARS = 36  # RFC 9562 4


class CrisisKey:
    """The key of one crisis."""

    def __init__(self, crisis_id: UUID, key: bytes) -> None:
        """Derive what is used from the 32 bytes of the file."""
        self.id = crisis_id
        self.fingerprint = hashlib.sha256(key).hexdigest()
        self._people = _derived(key, b"people")
        self._links = _derived(key, b"links")
        self._lookups = _derived(key, b"lookups")
        self._shares = _derived(key, b"shares")
        # One block and no more: a permutation of 16 bytes (FIPS 197), not a way of sealing.
        self._permutation = Cipher(algorithms.AES(self._shares), modes.ECB())  # noqa: S305

    def link_of(self, once: bytes) -> bytes:
        """Return the private link made of a form's number: the same form sent again has the same link."""
        return hashlib.blake2b(once, key=self._links, digest_size=DIGEST_BYTES).digest()

    @staticmethod
    def row_of(link: bytes) -> bytes:
        """Return the name of the row a link opens. Whoever reads rows learns no link."""
        return hashlib.sha256(link).digest()[:DIGEST_BYTES]

    def shares_of(self, row_ids: bytes) -> bytes:
        """Return the links to share of rows, 16 bytes each, one after the other.

        A link to share is its row's name enciphered: whoever holds it learns no private link, and whoever reads rows
        learns none at all.
        """
        return self._permutation.encryptor().update(row_ids)

    def shared_row(self, share: bytes) -> bytes:
        """Return the name of the row a link to share (16 bytes) opens; any other opens a row that is not there."""
        return self._permutation.decryptor().update(share)

    def lookup(self, kind: str, written: str) -> bytes:
        """Return the keyed digest by which a normalised phone number, address or share link is found."""
        return self.digest(f"{kind}|{written}".encode())

    def digest(self, plain: bytes) -> bytes:
        """Return a keyed digest, by which the same bytes are known again and others learn nothing."""
        return hashlib.blake2b(plain, key=self._lookups, digest_size=DIGEST_BYTES).digest()

    def seal(self, salt: bytes, plain: bytes, bound_to: bytes) -> bytes:
        """Return nonce and ciphertext under a person's key; moved to another row, it opens no more."""
        return self.seal_all([(salt, plain, bound_to)])[0]

    def seal_all(self, items: Sequence[tuple[bytes, bytes, bytes]]) -> list[bytes]:
        """Seal many, each given as to `seal`: asking the system for random bytes lets other threads go first."""
        fresh = os.urandom(_NONCE_BYTES * len(items))
        nonces = [fresh[at : at + _NONCE_BYTES] for at in range(0, len(fresh), _NONCE_BYTES)]
        return [
            nonce + AESGCM(self.person_key(salt)).encrypt(nonce, plain, bound_to)
            for nonce, (salt, plain, bound_to) in zip(nonces, items, strict=True)
        ]

    def unseal(self, salt: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
        """Return the plain bytes; None when they were altered or belong elsewhere."""
        cipher = AESGCM(self.person_key(salt))
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError):
            return None

    @property
    def derived(self) -> tuple[bytes, ...]:
        """What was derived from the key, for whoever looks whether any of it is left somewhere."""
        return (self._people, self._links, self._lookups, self._shares)

    def person_key(self, salt: bytes) -> bytes:
        """Return the key of whoever's row holds this salt."""
        return hashlib.blake2b(salt, key=self._people, digest_size=KEY_BYTES).digest()


class KeyFiles:
    """`operations.population.ports.CrisisKeys` in a folder of one installation."""

    def __init__(self, home: Path) -> None:
        """Keep keys under `home`; nothing is made before the first crisis."""
        self._folder = home / FOLDER
        self._held: dict[UUID, CrisisKey] = {}

    def make(self, crisis_id: UUID) -> str:
        """Make a crisis's key unless it has one; return its SHA-256 (hex). Durable once it returns."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(crisis_id)
        # Under a name of its own until it is whole: a crash leaves no key of half its length.
        new = path.with_suffix(f".{os.urandom(4).hex()}")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, os.urandom(KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
        self._fsync_folder()
        found = self.of(crisis_id)
        assert found is not None, "it was just made"
        return found.fingerprint

    def of(self, crisis_id: UUID) -> CrisisKey | None:
        """Return a crisis's key, None when it has none or no more. A destroyed one leaves this process's memory too."""
        path = self._path(crisis_id)
        held = self._held.get(crisis_id)
        if held is not None:
            if path.exists():
                return held
            del self._held[crisis_id]
            return None
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            return None
        if len(key) != KEY_BYTES:
            return None
        self._held[crisis_id] = CrisisKey(crisis_id, key)
        return self._held[crisis_id]

    def destroy(self, crisis_id: UUID, *, for_good: bool = False) -> bool:
        """Overwrite and unlink a crisis's key; return whether there was one.

        `for_good`: a copy of the database that comes back with this crisis in it is emptied of it again.
        """
        if for_good:
            self._list(crisis_id)
        self._held.pop(crisis_id, None)
        path = self._path(crisis_id)
        try:
            handle = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            return False
        try:
            os.pwrite(handle, bytes(KEY_BYTES), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        path.unlink(missing_ok=True)
        self._fsync_folder()
        return True

    def known(self) -> Sequence[UUID]:
        """Return the crises that have one."""
        return [UUID(path.stem) for path in sorted(self._folder.glob(f"*{_SUFFIX}"))]

    def gone(self, crisis_id: UUID) -> bool:
        """Return whether a crisis's key was destroyed for good, and is not there."""
        return crisis_id in self._listed() and self.of(crisis_id) is None

    def _list(self, crisis_id: UUID) -> None:
        if crisis_id in self._listed() or not self._folder.exists():
            return
        with (self._folder / DESTROYED).open("a", encoding="ascii") as listed:
            listed.write(f"{crisis_id}\n")
            listed.flush()
            os.fsync(listed.fileno())

    def _listed(self) -> frozenset[UUID]:
        try:
            lines = (self._folder / DESTROYED).read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return frozenset()
        return frozenset(UUID(line) for line in lines if len(line) == UUID_CHARS)

    def _path(self, crisis_id: UUID) -> Path:
        return self._folder / f"{crisis_id}{_SUFFIX}"

    def _fsync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _derived(key: bytes, label: bytes) -> bytes:
    """Return a key for one use (NIST SP 800-108, one block of HMAC-SHA-256)."""
    return hmac.digest(key, b"necmergitur crisis " + label, "sha256")
