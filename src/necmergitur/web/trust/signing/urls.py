"""Addresses of the parties and their signatures, below the trust desk's."""

from typing import Any

urlpatterns: list[Any] = []
