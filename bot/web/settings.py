"""A resident's own settings page: /settings/<token> from the chat, then /settings with a cookie.

The link is exchanged by a button and not by opening it: a preview of the link, which LINE or a
mail filter may fetch, must not use it up. No page and no log names the resident.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.core.attributes import MAX_CHILDREN
from bot.core.view import CityView
from bot.services.own_page import PAGE
from bot.services.preferences import Preferences
from bot.web.security import is_from_another_site
from bot.web.settings_form import Sent, questions, read_form, years

COOKIE = "madoguchi_settings"
_MAX_BODY_BYTES = 64 * 1024
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_STATUS = {"used": 410, "over": 403}


def create_settings(
    preferences: Preferences, view: Callable[[], CityView], *, secure: bool = True
) -> Blueprint:
    """The pages. `view` is the account's city now; `secure` is False for plain http alone."""
    blueprint = Blueprint("settings", __name__, template_folder="templates")
    pages = _Pages(preferences, view, secure)
    blueprint.add_url_rule(f"{PAGE}/<token>", "door", pages.door, methods=["GET"])
    blueprint.add_url_rule(f"{PAGE}/<token>", "enter", pages.enter, methods=["POST"])
    blueprint.add_url_rule(PAGE, "form", pages.form, methods=["GET"])
    blueprint.add_url_rule(PAGE, "save", pages.save, methods=["POST"])
    blueprint.add_url_rule(f"{PAGE}/end", "end", pages.end, methods=["POST"])
    blueprint.after_request(_with_headers)
    return blueprint


@dataclass(frozen=True)
class _Pages:
    preferences: Preferences
    view: Callable[[], CityView]
    secure: bool

    def door(self, token: str) -> Response:
        """GET: only a button, whether the link is good or not."""
        return self._page("settings_door.html", token=token)

    def enter(self, token: str) -> Response:
        """POST: the link is used up for a session in a cookie."""
        if _is_foreign():
            return self._closed("over")
        session = self.preferences.open(token)
        if session is None:
            return self._closed("used")
        response = redirect(url_for("settings.form"), 303)
        response.set_cookie(COOKIE, session, path=PAGE, **self._cookie_rules())
        return response

    def form(self) -> Response:
        """GET: what is chosen now."""
        session = request.cookies.get(COOKIE, "")
        profile = self.preferences.shown(session)
        if profile is None:
            return self._closed("over")
        asked = questions(self.view(), profile, self.preferences.today())
        return self._form(session, asked, saved="saved" in request.args)

    def save(self) -> Response:
        """POST: everything on the form is kept, or nothing with every problem named."""
        request.max_content_length = _MAX_BODY_BYTES
        session = request.cookies.get(COOKIE, "")
        before = self.preferences.shown(session)
        if before is None or not self._is_ours(session):
            return self._closed("over")
        view, today, form = self.view(), self.preferences.today(), request.form
        sent = read_form(form, view, before, today)
        if sent.problems:
            return self._refused(session, view, sent)
        saved = self.preferences.save(
            session, lambda now: read_form(form, view, now, today).profile
        )
        if saved is None:
            return self._closed("over")
        return redirect(url_for("settings.form", saved=1), 303)

    def end(self) -> Response:
        """POST: the session is over here and now."""
        session = request.cookies.get(COOKIE, "")
        if session and self._is_ours(session):
            self.preferences.close(session)
        response = self._page("settings_closed.html", why="end")
        response.delete_cookie(COOKIE, PAGE, **self._cookie_rules())
        return response

    def _is_ours(self, session: str) -> bool:
        """Whether the form was made by our page for this very session."""
        given = request.form.get("check", "")
        return not _is_foreign() and hmac.compare_digest(given.encode(), _check(session).encode())

    def _refused(self, session: str, view: CityView, sent: Sent) -> Response:
        today = self.preferences.today()
        asked = questions(view, sent.profile, today, sent.problems, sent.children)
        response = self._form(session, asked)
        response.status_code = 422
        return response

    def _form(self, session: str, asked: list[Any], *, saved: bool = False) -> Response:
        return self._page(
            "settings.html",
            questions=asked,
            years=years(self.preferences.today()),
            most=MAX_CHILDREN,
            saved=saved,
            check=_check(session),
        )

    def _closed(self, why: str) -> Response:
        response = self._page("settings_closed.html", why=why)
        response.status_code = _STATUS[why]
        return response

    def _page(self, template: str, **values: Any) -> Response:
        view = self.view()
        html = render_template(
            template, city=view.city, privacy_url=view.privacy_url, contact=view.contact(), **values
        )
        return make_response(html)

    def _cookie_rules(self) -> dict[str, Any]:
        return {"httponly": True, "secure": self.secure, "samesite": "Strict"}


def _check(session: str) -> str:
    """What a form of this session carries: nobody without the cookie can know it."""
    return hashlib.sha256(f"form:{session}".encode()).hexdigest()


def _is_foreign() -> bool:
    """Whether a browser says that another site's page sent this.

    With `no-referrer` older browsers say "Origin: null" of our own pages; there the secret in the
    address or in the form decides.
    """
    old = "Sec-Fetch-Site" not in request.headers and request.headers.get("Origin") == "null"
    return not old and is_from_another_site(request)


def _with_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response
