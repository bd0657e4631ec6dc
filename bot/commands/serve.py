"""`madoguchi serve`. Imports little: its process only watches over the one that serves."""

from __future__ import annotations

import threading

import click

from bot.commands.environment import serving
from bot.logs import configure_logs, thread_ended
from bot.server import run


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="待ち受けるアドレス")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="ポート"
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="プロセスの数（2以上はPostgreSQLだけ）",
)
def serve(host: str, port: int, workers: int) -> None:
    """Webと応答の係を動かします。"""
    configure_logs()
    threading.excepthook = thread_ended
    run(serving(), host, port, workers)
