"""How a process tells who started it that it is ready, or still alive: systemd's sd_notify protocol.

`nec run` listens, and so does systemd in a city that prefers it. Elsewhere these calls do nothing.
"""

import os
import socket
import sys

HELD = "HELD_UNTIL_TURN"  # set by the supervisor in what it starts ahead of its turn


def ready() -> None:
    """Say that this process now does its work. Call it once, after the last connection is open."""
    _say("READY=1")


def wait_for_turn() -> None:
    """Return when the supervisor lets this process begin; at once when it was not started ahead of its turn."""
    if os.environ.pop(HELD, "") and not sys.stdin.buffer.read(1):
        sys.exit()  # whoever held it is gone


def alive() -> None:
    """Say that the main loop still turns; a supervised process that stops saying so is killed and restarted."""
    _say("WATCHDOG=1")


def _say(message: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # sd_notify(3): a leading "@" is the abstract namespace's zero byte.
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(address)
        sender.send(message.encode())
