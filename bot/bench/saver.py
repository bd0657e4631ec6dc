"""An administrator's saving as a process: `python -m bot.bench.saver DATABASE FOLDER NAME`.

Each line on stdin is JSON of `path`, `base` (the digest it starts from), `text` and `at` (when to
save, seconds since 1970); each answer a word: saved, conflict.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.services.saving import Conflict, Edit, Saving
from bot.store.database import open_database


def main() -> None:
    url, folder, name = sys.argv[1:]
    db = open_database(url, exclusive=False)
    saving = Saving(db, Path(folder), lambda: datetime.now(UTC), lambda: None, lambda: True)
    for line in sys.stdin:
        order = json.loads(line)
        edit = Edit(order["path"], order["base"], order["text"].encode())
        time.sleep(max(0.0, order["at"] - time.time()))
        try:
            saving.save([edit], name, "bench", "text")
        except Conflict:
            said = "conflict"
        else:
            said = "saved"
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
    db.close()


if __name__ == "__main__":
    main()
