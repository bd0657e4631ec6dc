"""Who may open a page: one check in front of every console route. What declares nothing is shut."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import (
    Request,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from bot.console.numbers import refuse_numbers
from bot.console.options import ConsoleOptions
from bot.services.signin import SignIn, Visit
from bot.store.staff import Person, Role
from bot.web.security import is_from_another_site, is_https

View = TypeVar("View", bound=Callable[..., Any])

ANYONE, ANY_STAGE, STAFF = "anyone", "any_stage", "staff"
EVERY_ROLE = frozenset(Role)
EDITING = frozenset({Role.EDITOR, Role.APPROVER, Role.ADMIN})
NUMBERS = EVERY_ROLE
ADMINS = frozenset({Role.ADMIN})

COOKIE = "madoguchi_staff"
MAX_BODY_BYTES = 8 * 1024 * 1024  # a content file may have 1 MB, and forms carry it escaped
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
_NOT_SHOWN = {"password", "again"}
_WORDS = re.compile(r"[^\x00-\x7f]|\n")  # what people write, not the values of choices
_SIGNED_OUT = "30分さわらなかったか、ほかの画面でサインアウトしました。サインインしてください。"
_OLD = "画面を開いてから時間がたちました。"


@dataclass(frozen=True)
class Access:
    """What a view declares: who may open it, and whether the password must be fresh.

    `form` gives the address of the page whose form is sent here, for who has to give the password
    first.
    """

    stage: str = STAFF
    roles: frozenset[Role] = EVERY_ROLE
    fresh: bool = False
    form: Callable[[], str] | None = None


def access(
    roles: frozenset[Role] = EVERY_ROLE,
    *,
    stage: str = STAFF,
    fresh: bool = False,
    form: Callable[[], str] | None = None,
) -> Callable[[View], View]:
    """Declare who may open a view. `fresh`: the password was given within ten minutes.

    `form`: where its form stands, needed for a change that asks for the password.
    """

    def declare(view: View) -> View:
        view.__dict__["access"] = Access(stage, roles, fresh, form)
        return view

    return declare


def access_of(view: Callable[..., Any]) -> Access | None:
    """What a view declared."""
    found = getattr(view, "access", None)
    return found if isinstance(found, Access) else None


def me() -> Person:
    """Who is signed in; only inside a view that asks for staff."""
    person: Person = g.visit.person
    return person


def token_of(cookie: str) -> str:
    """The token that a form from this browser carries; it tells nothing about the cookie."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Gate:
    """Runs before every console view. `cookie` is the name of this console's own."""

    sign_in: SignIn
    options: ConsoleOptions
    cookie: str = COOKIE

    def __call__(self) -> Response | None:
        """None lets the request pass."""
        request.max_content_length = MAX_BODY_BYTES
        request.max_form_memory_size = MAX_BODY_BYTES
        if not self.options.allows(self.address()):
            abort(403, "この場所からは開けません。庁内のネットワークから開いてください。")
        g.cookie_name = cookie_name(request, self.cookie)
        cookie = request.cookies.get(g.cookie_name, "")
        g.new_cookie = "" if cookie else secrets.token_urlsafe(32)
        g.cookie = cookie or g.new_cookie
        g.visit = self.sign_in.visit(cookie) if cookie else None
        declared = access_of(current_app.view_functions[request.endpoint or ""])
        if request.method in _UNSAFE and (refused := self._check_token(cookie)):
            return refused
        judged = self._judge(declared, g.visit)
        if judged is None and request.method in _UNSAFE:
            refuse_numbers(request.form)
        return judged

    def address(self) -> str:
        """Where the browser is, as the nearest trusted proxy saw it."""
        proxies = self.options.proxies
        seen = [a.strip() for a in request.headers.get("X-Forwarded-For", "").split(",")]
        if proxies and len(seen) >= proxies and seen[-proxies]:
            return seen[-proxies]
        return request.remote_addr or ""

    def _check_token(self, cookie: str) -> Response | None:
        """Refuse a form without its browser's token; what was written in one of ours comes back."""
        sent, foreign = request.form.get("csrf", ""), is_from_another_site(request)
        if not cookie or not secrets.compare_digest(sent.encode(), token_of(cookie).encode()):
            page = None if foreign else _written(_OLD, 403)
            return page or abort(403, f"{_OLD}ページを開き直して、もう一度お試しください。")
        return abort(403, "ほかのサイトからは送れません。") if foreign else None

    def _judge(self, declared: Access | None, visit: Visit | None) -> Response | None:
        if declared is not None and declared.stage == ANYONE:
            return None
        if visit is None:
            return _written(_SIGNED_OUT, 401) or self._to("staff.sign_in.page")
        if declared is not None and declared.stage == ANY_STAGE:
            return None
        if not visit.complete:
            return self._to("staff.sign_in.code")
        if declared is None or visit.person.role not in declared.roles:
            abort(403, "あなたの役割では開けません。管理の人に頼んでください。")
        if declared.fresh and not visit.fresh:
            return password_first(declared.form() if declared.form else "")
        return None

    def _to(self, endpoint: str) -> Response:
        return redirect(url_for(endpoint, next=_here() or None), 303)


def password_first(form: str = "") -> Response:
    """The way to the password, and from there back: to the page asked for, or to the `form`
    whose change has not been made."""
    here = _here()
    again = None if here else "1"
    return redirect(url_for("staff.sign_in.confirm", next=here or form or None, again=again), 303)


def _written(problem: str, status: int) -> Response | None:
    """What was written in a form that is refused, to be copied; None where no words are in it."""
    sent = request.form.items(multi=True)
    texts = [text.strip() for name, text in sent if name not in _NOT_SHOWN and _WORDS.search(text)]
    if not texts:
        return None
    text = "\n\n".join(dict.fromkeys(texts))
    page = render_template("staff/written.html", problem=problem, text=text)
    return make_response(page, status)


def _here() -> str:
    """The page asked for; '' where a form was sent."""
    if request.method != "GET":
        return ""
    return request.script_root + request.full_path.rstrip("?")


def cookie_name(request: Request, name: str = COOKIE) -> str:
    """With https under a name that no other host or path can set."""
    return f"__Host-{name}" if is_https(request) else name


def set_cookie(response: Response, value: str) -> Response:
    """Behind the gate: hand the browser its session, until it is closed; the server ends it earlier."""
    response.set_cookie(
        g.cookie_name,
        value,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="Lax",
    )
    return response


def safe_next(path: str) -> str:
    """Where to go after signing in: a page of the console, never another site."""
    ours = f"{request.script_root}/staff/"
    plain = path.startswith(ours) and "\\" not in path and "//" not in path.partition("?")[0]
    return path if plain and path.isprintable() else url_for("staff.home.page")
