"""Everything that can go wrong and has a name.

MadoguchiError
├── SettingsError             the environment is wrong; every problem in one Japanese text
├── ContentError              content files that cannot be used; carries every problem
├── BodyError                 a webhook body that is no list of events
├── LineError                 a request to LINE that was not confirmed
│   ├── LineRetryable         may be tried again: 429, 5xx, time-out, broken connection
│   └── LineRejected          LINE said no; the same request would be refused again
└── StoreError                the database did not keep it: full, locked, read-only, gone
    ├── StoreBusy             another process owns the SQLite file
    ├── StoreVersion          the database is newer than this code, or not ours
    ├── InboxFull             too many events wait already
    └── ChoicesFull           no room for one more choice of an attribute
"""

from __future__ import annotations


class MadoguchiError(Exception):
    """The root: catching it catches nothing but this project's own errors."""


class SettingsError(MadoguchiError):
    """The environment cannot be used; the message lists everything wrong, in Japanese."""


class ContentError(MadoguchiError):
    """Content that cannot be used and no good version to fall back on; Japanese, every problem."""


class BodyError(MadoguchiError):
    """A webhook body that is not a JSON object with a list of events; carries none of its text."""


class LineError(MadoguchiError):
    """A request LINE did not confirm. The message never holds a resident's words or ids.

    `status` is the HTTP status, None where no answer came;
    `request_id` is LINE's X-Line-Request-Id, the only thing LINE's support can look up.
    """

    def __init__(self, summary: str, *, status: int | None, request_id: str | None) -> None:
        super().__init__(summary)
        self.status = status
        self.request_id = request_id


class LineRetryable(LineError):
    """LINE may accept the same request later.

    `unknown_outcome`: True where LINE may already have sent the messages (5xx, time-out, dropped
    connection), False where it certainly has not (429, connection refused).
    `retry_after` is in seconds, None unless LINE named a time.
    """

    def __init__(
        self,
        summary: str,
        *,
        status: int | None = None,
        unknown_outcome: bool,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(summary, status=status, request_id=request_id)
        self.unknown_outcome = unknown_outcome
        self.retry_after = retry_after


class LineRejected(LineError):
    """LINE refused the request and sent nothing.

    `category` is one of `invalid_reply_token`, `invalid_request`, `invalid_recipients`,
    `quota_exceeded`, `unauthorized`, `forbidden`,
    `not_found`, `conflict`, `too_large`, `other`; LINE's own wording is not kept, it may quote
    what was sent.
    """

    def __init__(
        self, category: str, *, status: int | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(f"{category} ({status})", status=status, request_id=request_id)
        self.category = category

    @property
    def invalid_reply_token(self) -> bool:
        """The token is spent, expired or unknown; after an unknown outcome: maybe sent."""
        return self.category == "invalid_reply_token"


class StoreError(MadoguchiError):
    """The database did not keep what it was given. The message (Japanese) holds no stored text."""


class StoreBusy(StoreError):
    """Another process owns the SQLite file; the message says so to the operator."""


class StoreVersion(StoreError):
    """The database was made by a newer version, or by something else."""


class InboxFull(StoreError):
    """The inbox holds as many open events as it may: refuse, so that LINE delivers again."""


class ChoicesFull(StoreError):
    """An attribute has as many choices, old ones too, as the database can tell apart."""
