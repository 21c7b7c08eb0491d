"""One process that starts all the others, in order, keeps them alive, and stops them in the opposite order.

Nothing here knows what a process is for: `processes.py` says that. A process that dies is started again
after a pause that doubles up to RESTART_S_MAX and never ends, because a city's calls arrive here. A process
of ours cannot outlive the supervisor, even one that is killed with -9.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from necmergitur.adapters.child_process import prepare_child
from necmergitur.app import constants, notify
from necmergitur.app.child import Child
from necmergitur.app.journal import Journal
from necmergitur.app.specs import Report, Stage, TaskSpec, state_file


class StartFailed(RuntimeError):
    """The installation did not come up; the message says which process and what it last said."""


class Supervisor:
    """Runs `stages` in `home` until told to stop. `welcome` is shown once everything is up."""

    def __init__(
        self, home: Path, stages: Sequence[Stage], *, show: Callable[[str], None] = click.echo, welcome: str = ""
    ) -> None:
        self._home = home
        self._stages = stages
        self._welcome = welcome
        self._journal = Journal(home / "logs", show)
        self._children = [
            [Child(spec, self._journal, self._keep_report) for spec in stage.processes] for stage in stages
        ]
        self._since = datetime.now(UTC)
        self._up = False
        self._stopping = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Start everything, keep it up, and return after a signal has stopped it all.

        The caller holds the home's lock. Raises StartFailed when a process never became ready or a task
        failed; everything started by then has been stopped.
        """
        self._keep_report()
        with self._signals():
            try:
                printed = await self._unless_stopped(self._start())
                if printed is not None:
                    self._up = True
                    self._keep_report()
                    notify.ready()
                    for text in (*printed, self._welcome):
                        self._journal.show(text)
                    await self._stopping.wait()
            finally:
                self._stopping.set()
                await self._stop()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            # The second signal: whoever sent it will not wait.
            for child in self._all():
                child.send(signal.SIGKILL)
        else:
            self._journal.tell("stopping")
        self._stopping.set()

    def _all(self) -> list[Child]:
        return [child for stage in self._children for child in stage]

    async def _start(self) -> list[str]:
        """Bring up one stage after the other and return what the tasks printed."""
        early = [child for child in self._all() if child.spec.early]
        self._keepers += [asyncio.create_task(child.keep(self._stopping)) for child in early]
        turns = {task: asyncio.Event() for stage in self._stages for task in stage.then if task.early}
        ahead = {task: asyncio.create_task(self._run_task(task, turn)) for task, turn in turns.items()}
        try:
            return await self._start_stages(turns, ahead)
        finally:
            for task in ahead.values():
                task.cancel()
            await asyncio.gather(*ahead.values(), return_exceptions=True)

    async def _start_stages(
        self, turns: dict[TaskSpec, asyncio.Event], ahead: dict[TaskSpec, asyncio.Task[str]]
    ) -> list[str]:
        printed = []
        for children, then in self._groups():
            for child in children:
                child.give_turn()
            due = [child for child in children if not child.spec.early]
            self._keepers += [asyncio.create_task(child.keep(self._stopping)) for child in due]
            for task in then:
                needed = [child for child in children if not task.after or child.spec.name in task.after]
                await asyncio.gather(*(_ready(child) for child in needed))
                if task in turns:
                    turns[task].set()
                text = await (ahead[task] if task in ahead else self._run_task(task))
                printed += [text] if text else []
            await asyncio.gather(*(_ready(child) for child in children))
        return printed

    def _groups(self) -> list[tuple[list[Child], tuple[TaskSpec, ...]]]:
        """Return what starts together, in order, and what runs after it."""
        groups: list[tuple[list[Child], tuple[TaskSpec, ...]]] = []
        for stage, children in zip(self._stages, self._children, strict=True):
            if stage.beside and groups:
                before, then = groups.pop()
                groups.append(([*before, *children], (*then, *stage.then)))
            else:
                groups.append((children, stage.then))
        return groups

    async def _run_task(self, task: TaskSpec, turn: asyncio.Event | None = None) -> str:
        """Return what a task printed; with `turn`, its program is loaded at once and begins only then."""
        process = await asyncio.create_subprocess_exec(
            *task.argv,
            stdin=asyncio.subprocess.DEVNULL if turn is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **task.environ, **({} if turn is None else {notify.HELD: "1"})},
            start_new_session=True,
            preexec_fn=prepare_child(signal.SIGKILL),
        )
        try:
            if turn is not None:
                await turn.wait()
            go = None if turn is None else b"\n"
            out, err = await asyncio.wait_for(process.communicate(go), task.seconds_max)
        except TimeoutError:
            raise StartFailed(f"{task.name} took more than {task.seconds_max:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
        said = err.decode(errors="replace").splitlines()
        for line in said:
            self._journal.record(task.name, line)
        if process.returncode != 0:
            raise StartFailed("\n".join([f"{task.name} failed:", *said[-constants.LAST_LINES :]]))
        return out.decode(errors="replace").strip()

    async def _unless_stopped(self, work: Coroutine[None, None, list[str]]) -> list[str] | None:
        """Return what `work` returns, or None when a signal came first."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
            return None
        return working.result()

    async def _stop(self) -> None:
        """Stop the last stage first."""
        for children in reversed(self._children):
            await asyncio.gather(*(child.stop() for child in children))
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        with contextlib.suppress(OSError):
            state_file(self._home).unlink(missing_ok=True)
        self._journal.tell("stopped")
        self._journal.close()

    def _keep_report(self) -> None:
        report = Report(os.getpid(), self._since, self._up, [child.report() for child in self._all()])
        path = state_file(self._home)
        fresh = path.with_suffix(".new")
        # A full disk costs `nec status` its news, not a process its keeper.
        with contextlib.suppress(OSError):
            fresh.write_bytes(msgspec.json.encode(report))
            fresh.replace(path)


async def _ready(child: Child) -> None:
    """Wait for a child's first readiness; raises StartFailed with its last words when it gave up."""
    waits = [asyncio.create_task(event.wait()) for event in (child.ready, child.gave_up)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    if not child.ready.is_set():
        raise StartFailed("\n".join([f"{child.spec.name} does not start:", *child.said]))
