"""`nec witness`: cosign another city's log. Needs nothing of an installation but its own folder."""

import time
from pathlib import Path

import click

HERE = click.Path(file_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Vouch for a public log from outside (C2SP tlog-witness)."""


@command.command("key")
@click.argument("folder", type=HERE)
@click.option("--name", default="", help="The witness's name, when its key is made; a host and a path.")
def key_(*, folder: Path, name: str) -> None:
    """Print the verifier key of the witness kept in FOLDER, made at first use."""
    from necmergitur.adapters.publiclog.signing import witness_signer

    try:
        click.echo(str(witness_signer(folder, name).verifier))
    except ValueError as error:
        raise click.ClickException(f"--name: {error}") from None


@command.command("serve")
@click.argument("folder", type=HERE)
@click.option("--log", "logs", multiple=True, required=True, help="A log's verifier key; once for each log.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8300, show_default=True, type=click.IntRange(1, 65_535), help="And its port.")
def serve_(*, folder: Path, logs: tuple[str, ...], host: str, port: int) -> None:
    """Cosign checkpoints of the logs given that continue what was cosigned before."""
    import uvicorn

    from necmergitur.adapters.publiclog.witness import open_witness

    try:
        app = open_witness(folder, logs, lambda: int(time.time()))
    except BlockingIOError:
        raise click.ClickException("another process uses that folder") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    uvicorn.run(app, host=host, port=port, log_level="warning", lifespan="off", timeout_keep_alive=75)
