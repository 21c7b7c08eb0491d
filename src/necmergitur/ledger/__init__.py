"""Ledger: the append-only record. Ports, the hash link, and the `Admitted` value that alone may be appended."""
