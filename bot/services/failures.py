"""Say what went wrong without saying what a resident wrote."""

from __future__ import annotations

import traceback


def describe(error: BaseException) -> str:
    """The exception's class and where it was raised; never its message, which may quote words."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
