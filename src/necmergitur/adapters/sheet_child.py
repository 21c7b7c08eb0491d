"""The child of `sheets`: reads an office file from its input and writes the first sheet's rows, under hard limits."""

import resource
import sys
from io import BytesIO
from itertools import islice
from typing import Any

import msgspec

MEMORY_BYTES_MAX = 768 * 1024 * 1024  # ours: address space, of which the interpreter takes a fifth
CPU_S_MAX = 10  # ours: as `sheets` waits


def as_text(cell: Any) -> str:
    """Return a cell as people would type it: 9, not 9.0."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def main() -> int:
    """Read, and write JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 -- after the limits

    try:
        sheet = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
        rows = [[as_text(cell) for cell in row] for row in islice(sheet.iter_rows(), int(sys.argv[1]))]
    except (CalamineError, OSError, ValueError, IndexError, MemoryError):
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
