"""X-Line-Signature: Base64(HMAC-SHA256(channel secret, raw body bytes))."""

from __future__ import annotations

import base64
import hashlib
import hmac


def sign(secret: str, body: bytes) -> str:
    """The signature LINE puts on `body`, the bytes as sent."""
    digest = hmac.new(secret.encode("utf-8", "surrogatepass"), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def verify(secret: str, body: bytes, signature: str | None) -> bool:
    """Whether LINE sent `body`: compared in constant time, never raises.

    An empty secret proves nothing, so nothing passes with it.
    """
    if not secret or not signature:
        return False
    given = signature.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(sign(secret, body).encode("ascii"), given)
