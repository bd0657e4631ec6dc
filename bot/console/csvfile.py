"""CSV that Excel opens: UTF-8 with BOM out; UTF-8 or Shift_JIS in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Response

# A cell that begins like this is a formula to Excel: an apostrophe in front makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The table as a download called `name`."""
    data = ("\ufeff" + csv_text(header, rows)).encode("utf-8")
    response = Response(data, mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _cell(value: object) -> str:
    text = str(value)
    plain_number = isinstance(value, int | float)
    return f"'{text}" if text.startswith(_FORMULA) and not plain_number else text
