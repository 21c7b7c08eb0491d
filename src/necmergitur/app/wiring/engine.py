"""The engine's adapters."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.signing import Ed25519Signer, Ed25519Verifier
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import PATIENCE_S, ground, store
from necmergitur.engine.parts import EngineParts
from necmergitur.governance.signing import Signature
from necmergitur.kernel.refusal import Refusal

ENGINE_CONNECTIONS = 9  # intake, rules, their clock, flights, heartbeats, telemetry, alarms, readings, orders


def signer(settings: Settings) -> Ed25519Signer:
    """Return what signs mission tokens, from the `mission` secret."""
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(settings.secret("mission")))


def engine_parts(settings: Settings) -> EngineParts:
    """Return the engine's adapters."""
    over = store(settings, ENGINE_CONNECTIONS, PATIENCE_S)
    signs = signer(settings)
    return EngineParts(
        store=over,
        database_url=settings.database_url,
        nats_urls=settings.nats_url,
        clock=SystemClock(),
        signer=signs,
        verifier=Ed25519Verifier([signs.public_bytes()]),
        ground=ground(exercise=settings.exercise),
        pin_key=settings.secret("subject"),
        home=settings.home,
        verify=_verify,
        dc09_host=settings.dc09_host,
        dc09_port=settings.dc09_port,
    )


def _verify(signature: Signature, challenge: bytes) -> Refusal | None:
    from necmergitur.adapters import passkeys  # loaded with the first paper, not at each start

    return passkeys.verify(signature, challenge)
