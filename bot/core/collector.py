"""The collector of cyclic garbage, held back while much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """No collecting meanwhile: it would walk again and again through what is being made.

    Threads may do so at the same time; collecting goes on when the first of them has ended.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
