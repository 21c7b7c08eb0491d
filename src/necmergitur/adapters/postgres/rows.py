"""Map frozen structs to rows and back, so that a read table is the folded state, column for column."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, get_args

import msgspec

from necmergitur.kernel.geo import Position

Struct = TypeVar("Struct", bound=msgspec.Struct)


def _struct_in(annotation: Any) -> type[msgspec.Struct] | None:
    """Return the struct that a field holds, if any, be it or None."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return kind
    return None


class RowCodec(Generic[Struct]):
    """Columns of a struct: a `Position` field becomes lon, lat; other names may change on the way."""

    def __init__(self, kind: type[Struct], renamed: Mapping[str, str] | None = None, position: str = "") -> None:
        """Prepare the column list. `position` names the one Position field, if any."""
        self._kind = kind
        self._position = position
        self._fields = [f.name for f in msgspec.structs.fields(kind) if f.name != position]
        names = renamed or {}
        self._columns = [names.get(f, f) for f in self._fields] + (["lon", "lat"] if position else [])
        self._tuples = [f.name for f in msgspec.structs.fields(kind) if "tuple" in str(f.type)]
        self._structs = {
            f.name: inner
            for f in msgspec.structs.fields(kind)
            if f.name != position and (inner := _struct_in(f.type)) is not None
        }

    def columns(self, prefix: str = "") -> str:
        """Return the column list for a SELECT or INSERT."""
        return ", ".join(prefix + c for c in self._columns)

    def values(self) -> str:
        """Return the placeholders, in column order."""
        return ", ".join(f"%({c})s" for c in self._columns)

    def updates(self) -> str:
        """Return the SET list of an upsert."""
        return ", ".join(f"{c} = excluded.{c}" for c in self._columns if c != "id")

    def to_row(self, state: Struct) -> dict[str, Any]:
        """Return parameters by column name."""
        values: list[Any] = []
        for field in self._fields:
            value = getattr(state, field)
            if field in self._tuples and value is not None:
                value = list(value)
            elif field in self._structs and value is not None:
                value = msgspec.json.encode(value).decode()
            values.append(value)
        if self._position:
            place: Position = getattr(state, self._position)
            values += [place.lon, place.lat]
        return dict(zip(self._columns, values, strict=True))

    def from_row(self, row: Sequence[Any]) -> Struct:
        """Return the struct of a row selected with `columns()`."""
        count = len(self._fields)
        fields: dict[str, Any] = dict(zip(self._fields, row[:count], strict=True))
        for name in self._tuples:
            if fields[name] is not None:
                fields[name] = tuple(fields[name])
        for name, kind in self._structs.items():
            value = fields[name]
            if value is None:
                continue
            fields[name] = (
                msgspec.convert(value, kind) if not isinstance(value, str) else msgspec.json.decode(value, type=kind)
            )
        if self._position:
            fields[self._position] = Position(row[count], row[count + 1])
        return self._kind(**fields)
