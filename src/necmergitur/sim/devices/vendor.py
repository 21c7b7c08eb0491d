"""A young company's crowd-density advice, on trial: a program of its own, with its own key, that says a level a minute.

It reads counts of people from a file (an evening recorded or made up) or line by line as its own counter gives them,
and knows nothing of the city but the address of the broker and the authority it trusts. Two candidates: one holds the
count against a threshold, the other against where the count is going.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from necmergitur.innovation.candidates import CANDIDATES, Candidate, advise, read_counts
from necmergitur.sim.devices import mqtt
from necmergitur.sim.devices.counter import MINUTE_S, Counter, Manner
from necmergitur.sim.devices.credentials import Identity, read_identities


class Vendor(Counter):
    """The vendor's program. It obeys the city's orders as every device does, and stops with its counts."""

    def __init__(
        self, identity: Identity, address: tuple[str, int], trust_pem: str, *, counts: Sequence[int], capacity: int,
        candidate: Candidate | None = "threshold", rate_per_minute: int = 1, obeys: bool = True,
    ) -> None:  # fmt: skip
        """`obeys` False: it speaks whatever it is told, as one that does not keep to its paper would.

        `candidate` None: it says its counts, and leaves to the city's protocol from how many on it is an alarm.
        """
        schema = "crowd_count/1" if candidate is None else "advice/1"
        manner = Manner(rate_per_minute=rate_per_minute, payload_schema=schema)
        super().__init__(identity, address, trust_pem, manner=manner)
        self._rest: Iterator[int] = iter(counts)
        self._seen: list[int] = []
        self._capacity, self._candidate, self._obeys = capacity, candidate, obeys
        self.done = False

    @property
    def runs(self) -> bool:
        """Whether it speaks: while its lease lasts, unless it does not obey."""
        return not self._obeys or super().runs

    def say(self) -> None:
        """Say one advice on the next count, or the count; the last one is said again when it does not obey."""
        count = next(self._rest, None)
        if count is None:
            self.done = True
            if self._obeys:
                return
            count = self._seen[-1]
        self._seen.append(count)
        self._seq += 1
        self.sent += 1
        values: dict[str, Any] = {"minute": int(time.time() // MINUTE_S)}
        if self._candidate is None:
            values["count"] = count
        else:
            said = advise(self._candidate, self._seen, self._capacity)
            values |= {"level": said.level, "confidence": said.confidence}
        body = {"boot_id": self._boot_id, "seq": self._seq, "values": values}
        self._link.send(mqtt.publish(f"{self._topic}/reading", msgspec.json.encode(body)))


async def _run(counts: Sequence[int], said: dict[str, Any]) -> int:
    vendor = Vendor(
        next(read_identities(said["key"])),
        (said["host"], said["port"]),
        said["trust"].read_text(),
        counts=counts,
        capacity=said["capacity"],
        candidate=None if said["counts"] else said["candidate"],
        rate_per_minute=said["rate"],
        obeys=not said["disobey"],
    )
    vendor.start()
    ends = time.monotonic() + said["for_s"]
    while time.monotonic() < ends and (said["disobey"] or not vendor.done):  # noqa: ASYNC110 -- its own program
        await asyncio.sleep(0.2)
    await vendor.stop()
    return vendor.sent


@click.command()
@click.argument("evening", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--trust", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
@click.option(
    "--capacity", type=click.IntRange(1), default=1, help="People the place holds: what is advised rests on it."
)
@click.option("--candidate", type=click.Choice(CANDIDATES), default="threshold", show_default=True)
@click.option("--rate", type=click.IntRange(1, 600), default=1, show_default=True)
@click.option("--for-s", type=float, default=3_600.0, show_default=True)
@click.option("--counts", is_flag=True, help="Say the counts themselves, no advice.")
@click.option("--disobey", is_flag=True, help="Speak on whatever the city orders.")
def main(evening: Path, **said: Any) -> None:
    """Advise on EVENING, a file with one count a line, until it ends or the city says stop."""
    counts = read_counts(evening.read_text(encoding="utf-8-sig"))
    sent = asyncio.run(_run(counts, said))
    click.echo(f"{sent} {'counts' if said['counts'] else 'advice'} said")


if __name__ == "__main__":
    sys.exit(main())
