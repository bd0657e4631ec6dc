"""The dialogue on a web page: GET and POST /chat. Works without JavaScript, better with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.core import guard
from bot.core.conversation import action
from bot.core.knowledge import Content
from bot.core.replies import Card, QuickReply
from bot.core.view import CityView
from bot.core.wording import JAPANESE
from bot.line.actions import Button, buttons_of
from bot.services.answering import Spoken, speak
from bot.web.assets import Assets
from bot.web.bubbles import language_of, shown
from bot.web.errorpages import add_error_pages
from bot.web.live import live
from bot.web.security import is_from_another_site, is_https, security_headers
from bot.web.transcript import Exchange, Transcript
from bot.web.visits import Conversations, Visitor, Visits, visitor_of

MAX_MESSAGE_CHARS = 5_000
_MAX_DRAFT = 2 * MAX_MESSAGE_CHARS  # of a message that is too long anyway; masking takes its time
_MAX_BODY_BYTES = 256 * 1024
COOKIE, _PATH = "madoguchi_chat", "/chat"
# The script asks with the first header for the new exchange alone, and learns from the second
# that everything before it is gone.
_FRAGMENT, _ERASED = "Madoguchi-Fragment", "Madoguchi-Erased"
_NEWEST = "newest"  # the id of the last exchange: where the browser scrolls to
_STATIC = Path(__file__).parent / "static"


class Contents(Protocol):
    """A version of the content as the chat needs it (`bot.services.library.Library`)."""

    @property
    def content(self) -> Content:
        """Everything that was loaded."""
        ...

    @property
    def city_ids(self) -> tuple[str, ...]:
        """The cities that the content has a profile of."""
        ...

    def view(self, city_id: str) -> CityView:
        """The city's side of the content."""
        ...


def create_chat(
    library: Callable[[], Contents],
    default_city: str,
    demo: bool,
    conversations: Conversations,
    clock: Callable[[], datetime],
    frame_ancestors: Sequence[str] = (),
    cookie: str = COOKIE,
) -> Blueprint:
    """The chat, its files, the way from / to it, and the whole application's error pages.

    `library` gives the content as it is now. In demo mode ?city=ID chooses among all cities, else
    `default_city` answers. `frame_ancestors` are the origins whose pages may show the chat in a
    frame. `cookie` is the name of its cookie: several chats have one each. Every HTML page of the
    application gets the security headers it does not set itself.
    """
    blueprint = Blueprint("chat", __name__, template_folder="templates")
    assets = Assets(_STATIC)
    headers = security_headers(frame_ancestors)
    chat = _Chat(
        library, default_city, demo, Visits(conversations), clock, bool(frame_ancestors), cookie
    )

    blueprint.add_url_rule("/chat", "page", chat.show, methods=["GET"])
    blueprint.add_url_rule("/chat", "say", chat.hear, methods=["POST"])
    blueprint.add_url_rule("/chat/assets/<digest>/<name>", "asset", assets.response)
    blueprint.add_url_rule("/", "root", lambda: redirect(url_for("chat.page")))

    def asset_url(name: str) -> str:
        return url_for("chat.asset", digest=assets.digest(name), name=name)

    def add_headers(response: Response) -> Response:
        if response.mimetype == "text/html":
            for name, value in headers.items():
                response.headers.setdefault(name, value)
        return response

    blueprint.add_app_template_global(asset_url, "chat_asset")
    blueprint.add_app_template_global(language_of, "language_of")
    blueprint.add_app_template_filter(live, "live")
    blueprint.after_app_request(add_headers)
    add_error_pages(blueprint)
    return blueprint


@dataclass(frozen=True)
class _Place:
    """Which city is talked to, by whom; one snapshot of the content for the whole request."""

    library: Contents
    view: CityView
    visitor: Visitor


@dataclass(frozen=True)
class _Chat:
    library: Callable[[], Contents]
    default_city: str
    demo: bool
    visits: Visits
    clock: Callable[[], datetime]
    framed: bool
    cookie: str

    def show(self) -> Response:
        """GET: the visit so far."""
        place = self._place()
        transcript = self.visits.load(place.visitor, place.view.city.id)
        return self._remember(self._page(place, transcript), place)

    def hear(self) -> Response:
        """POST: one message, or a button's label with its data."""
        if is_from_another_site(request):
            abort(403)
        request.max_content_length = _MAX_BODY_BYTES
        place = self._place()
        message = request.form.get("message", "").replace("\r\n", "\n").strip()
        data = request.form.get("data", "")
        if problem := _problem(place.view, message, data):
            return self._refuse(place, problem, message)
        before = self.visits.load(place.visitor, place.view.city.id)
        spoken = speak(place.view, message, before.state, self.clock(), data)
        if spoken.turn.erase:
            return self._erase(place, spoken)
        return self._answer(place, before, spoken)

    def _answer(self, place: _Place, before: Transcript, spoken: Spoken) -> Response:
        exchange = _exchange(spoken, self.visits.ask(spoken))
        after = before.having(exchange, spoken.state)
        kept = self.visits.save(place.visitor, place.view.city.id, after)
        if _FRAGMENT in request.headers:
            response = self._fragment(place, exchange)
        elif kept and not place.visitor.new:
            # Reloading or going back must not say it again. Who sends no cookie (curl, a browser
            # that refuses them) could not be shown the answer later and gets it now.
            return redirect(self._url(place, anchor=_NEWEST), 303)
        else:
            response = self._page(place, after)
        return self._remember(response, place)

    def _erase(self, place: _Place, spoken: Spoken) -> Response:
        """Nothing stays, neither here nor in the browser: the confirmation is shown only once."""
        self.visits.erase(place.visitor, place.library.city_ids)
        exchange = Exchange("", spoken.turn.reply)
        if _FRAGMENT in request.headers:
            response = self._fragment(place, exchange)
            response.headers[_ERASED] = "1"
        else:
            response = self._page(place, Transcript(None, (exchange,)))
        response.delete_cookie(self.cookie, self._cookie_path(), **self._cookie_rules())
        return response

    def _refuse(self, place: _Place, problem: str, message: str) -> Response:
        """Nothing is said, and what was written stays in the field, its numbers masked."""
        if _FRAGMENT in request.headers:
            return Response(problem, 422, mimetype="text/plain")
        transcript = self.visits.load(place.visitor, place.view.city.id)
        response = self._page(place, transcript, problem, guard.mask(message[:_MAX_DRAFT]).text)
        response.status_code = 422 if message else 200
        return self._remember(response, place)

    def _place(self) -> _Place:
        library = self.library()
        city_id = (request.values.get("city") if self.demo else None) or self.default_city
        if city_id not in library.city_ids:
            abort(404)
        return _Place(library, library.view(city_id), visitor_of(request.cookies.get(self.cookie)))

    def _page(
        self, place: _Place, transcript: Transcript, problem: str = "", draft: str = ""
    ) -> Response:
        library, view = place.library, place.view
        html = render_template(
            "chat.html",
            city=view.city,
            cities=[library.content.cities[each] for each in library.city_ids],
            demo=self.demo,
            post_to=self._url(place, anchor=_NEWEST),
            openers=() if transcript.exchanges else self._openers(view),
            exchanges=[shown(each) for each in transcript.exchanges],
            problem=problem,
            draft=draft,
            contact=view.contact(),
            contact_buttons=_contact_buttons(view),
            privacy_url=view.privacy_url,
        )
        return _not_cached(make_response(html))

    def _fragment(self, place: _Place, exchange: Exchange) -> Response:
        """The new exchange alone, in the page's own HTML."""
        html = render_template(
            "chat_exchange.html",
            exchange=shown(exchange),
            newest=True,
            post_to=self._url(place, anchor=_NEWEST),
        )
        return _not_cached(make_response(html))

    def _openers(self, view: CityView) -> list[QuickReply]:
        """The menu's buttons, then the other languages by their own names."""
        menu = speak(view, "", None, self.clock(), action("menu")).turn.reply.quick_replies
        others = [each for each in view.languages() if each != JAPANESE]
        languages = [
            QuickReply(view.wording(each).say("name"), action("language", to=each))
            for each in others
        ]
        return [*menu, *languages]

    def _url(self, place: _Place, *, anchor: str) -> str:
        chosen = place.view.city.id
        city = chosen if self.demo and chosen != self.default_city else None
        return url_for("chat.page", city=city, _anchor=anchor)

    def _remember(self, response: Response, place: _Place) -> Response:
        """A cookie for the browser session; what it leads to is gone after 30 minutes anyway."""
        if place.visitor.new:
            rules = self._cookie_rules()
            name = place.visitor.name
            response.set_cookie(self.cookie, name, path=self._cookie_path(), **rules)
        return response

    def _cookie_path(self) -> str:
        return f"{request.script_root}{_PATH}"

    def _cookie_rules(self) -> dict[str, Any]:
        https = is_https(request)
        if self.framed and https:
            # Inside another site's page a browser keeps no other kind of cookie.
            return {"httponly": True, "secure": True, "samesite": "None", "partitioned": True}
        return {"httponly": True, "secure": https, "samesite": "Lax"}


def _exchange(spoken: Spoken, question: str) -> Exchange:
    """What is shown and kept: the masked words, never the message itself."""
    return Exchange(spoken.text, spoken.turn.reply, spoken.turn.state.language, question)


def _problem(view: CityView, message: str, data: str) -> str:
    words = view.wording(JAPANESE)
    if len(message) > MAX_MESSAGE_CHARS:
        return f"{words.say('too_long')}一度に送れるのは{MAX_MESSAGE_CHARS:,}文字までです。"
    return "" if message or data else words.say("empty")


def _contact_buttons(view: CityView) -> tuple[Button, ...]:
    """The city's phone, if a source gives it, and its own site."""
    card = Card("", "", "", links=view.links(("city_top",)), phones=(view.contact(),))
    return buttons_of(card)[0]


def _not_cached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
