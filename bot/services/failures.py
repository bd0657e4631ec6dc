"""Say what went wrong without saying what a resident wrote."""

from __future__ import annotations

import errno
import traceback

# What a file system may say, as an operator reads it.
_WHY = {
    errno.ENOSPC: "ディスクがいっぱいです",
    errno.EDQUOT: "割り当てられた大きさを使い切っています",
    errno.EACCES: "権限がありません",
    errno.EPERM: "許されていません",
    errno.EROFS: "読み取り専用です",
    errno.ENOENT: "フォルダがありません",
    errno.ENOTDIR: "フォルダではありません",
    errno.EISDIR: "フォルダです",
    errno.EEXIST: "もうあります",
    errno.EFBIG: "大きすぎます",
    errno.EIO: "ディスクが読み書きできません",
}


def describe(error: BaseException) -> str:
    """The exception's class and where it was raised; never its message, which may quote words."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def why(error: OSError) -> str:
    """What the system said, in Japanese as far as we know it."""
    return _WHY.get(error.errno or 0, error.strerror or type(error).__name__)
