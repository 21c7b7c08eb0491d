"""The search for what should be gone finds it wherever it lies, and nothing else."""

import base64
import os
from pathlib import Path

import pytest

from necmergitur.sim.population.needles import Needles

SECRET, OTHER = b"Zeldari Qorvune", b"+33612345678"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        SECRET.hex().encode(),
        SECRET.hex().upper().encode(),
        *(base64.b64encode(b"x" * skip + SECRET + b"tail") for skip in range(3)),
        *(base64.urlsafe_b64encode(b"x" * skip + SECRET + b"tail") for skip in range(3)),
    ],
)
@pytest.mark.parametrize("before", [0, 1, 7, 4_096])
def test_a_secret_is_found_as_it_is_in_hexadecimal_and_in_base64(tmp_path: Path, written: bytes, before: int) -> None:
    file = tmp_path / "hay"
    file.write_bytes(bytes(before) + written + b"!")
    found = list(Needles([OTHER, SECRET]).in_file(file))
    assert [one.needle for one in found] == [1]


def test_half_a_secret_and_noise_are_not_found(tmp_path: Path) -> None:
    file = tmp_path / "hay"
    file.write_bytes(os.urandom(1_000_000) + SECRET[:-1] + os.urandom(1_000_000))
    assert list(Needles([SECRET, OTHER]).in_file(file)) == []


def test_the_last_bytes_of_a_file_are_looked_at_too(tmp_path: Path) -> None:
    file = tmp_path / "hay"
    file.write_bytes(b"x" * 100 + SECRET)
    assert [one.at for one in Needles([SECRET]).in_file(file)] == [100]


def test_a_file_too_short_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "hay"
    file.write_bytes(b"x")
    assert list(Needles([SECRET]).in_file(file)) == []


def test_a_secret_too_short_to_be_told_from_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        Needles([b"short"])
