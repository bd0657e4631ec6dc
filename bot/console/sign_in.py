"""Signing in and out: password, second factor, its set-up, the password again."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import Blueprint, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from bot.console.access import ANY_STAGE, ANYONE, access, me, safe_next, set_cookie
from bot.console.desk import Desk
from bot.services.people import StaffError
from bot.services.signin import setup_address
from bot.store.sessions import SETUP


def sign_in_pages(desk: Desk) -> Blueprint:
    """/staff/login, /staff/code, /staff/confirm, /staff/logout, /staff/account/."""
    pages, blueprint = _SignIn(desk), Blueprint("sign_in", __name__)
    for rule, name, view, method in (
        ("/login", "page", pages.page, "GET"),
        ("/login", "enter", pages.enter, "POST"),
        ("/code", "code", pages.code, "GET"),
        ("/code", "check_code", pages.check_code, "POST"),
        ("/confirm", "confirm", pages.confirm, "GET"),
        ("/confirm", "check_confirm", pages.check_confirm, "POST"),
        ("/logout", "leave", pages.leave, "POST"),
        ("/account/", "account", pages.account, "GET"),
        ("/account/password", "password", pages.password, "POST"),
        ("/account/second-factor", "second_factor", pages.second_factor, "POST"),
    ):
        blueprint.add_url_rule(rule, name, view, methods=[method])
    return blueprint


def _account() -> str:
    return url_for("staff.sign_in.account")


@dataclass(frozen=True)
class _SignIn:
    desk: Desk

    @access(stage=ANYONE)
    def page(self) -> Response | str:
        """The form for name and password."""
        if g.visit is not None and g.visit.complete:
            return redirect(safe_next(request.args.get("next", "")), 303)
        return _login()

    @access(stage=ANYONE)
    def enter(self) -> Response | tuple[str, int]:
        """Check name and password."""
        name = request.form.get("name", "").strip()
        password = request.form.get("password", "")
        outcome = self.desk.sign_in.with_password(name, password, self.desk.gate.address())
        if outcome.problem:
            return _login(outcome.problem, name), 422
        back = request.form.get("next", "")
        visit = self.desk.sign_in.visit(outcome.cookie)
        if visit is not None and visit.complete:
            return set_cookie(redirect(safe_next(back), 303), outcome.cookie)
        target = url_for("staff.sign_in.code", next=back or None)
        return set_cookie(redirect(target, 303), outcome.cookie)

    @access(stage=ANY_STAGE)
    def code(self) -> Response | str:
        """The form for the second factor's code; with its set-up where there is none yet."""
        if g.visit.complete and g.visit.session.setup_secret is None:
            return redirect(safe_next(request.args.get("next", "")), 303)
        return self._code_page()

    @access(stage=ANY_STAGE)
    def check_code(self) -> Response | tuple[str, int]:
        """Check the code."""
        code, address = request.form.get("code", ""), self.desk.gate.address()
        outcome = self.desk.sign_in.with_code(g.visit, code, address)
        if outcome.problem:
            return self._code_page(outcome.problem), 422
        return set_cookie(redirect(safe_next(request.form.get("next", "")), 303), outcome.cookie)

    @access()
    def confirm(self) -> str:
        """The password again, before something dangerous."""
        return _confirm()

    @access()
    def check_confirm(self) -> Response | tuple[str, int]:
        """Check it."""
        back = request.form.get("next", "")
        password, address = request.form.get("password", ""), self.desk.gate.address()
        problem = self.desk.sign_in.confirm(g.visit, password, address)
        if problem:
            return _confirm(problem), 422
        return redirect(safe_next(back), 303)

    @access(stage=ANY_STAGE)
    def leave(self) -> Response:
        """Sign out, here or everywhere."""
        self.desk.sign_in.sign_out(g.visit, everywhere="everywhere" in request.form)
        response = redirect(url_for("staff.sign_in.page", done="out"), 303)
        return set_cookie(response, "")

    @access()
    def account(self) -> str:
        """One's own password, second factor and sign-ins."""
        return render_template("staff/account.html", problem="")

    @access(fresh=True, form=_account)
    def password(self) -> Response | tuple[str, int]:
        """Another password."""
        new, again = request.form.get("password", ""), request.form.get("again", "")
        try:
            if new != again:
                raise StaffError("2つのパスワードがちがいます。")
            keep = g.visit.session.digest
            self.desk.people.set_password(me().name, new, me().name, keep_session=keep)
        except StaffError as error:
            return render_template("staff/account.html", problem=str(error)), 422
        return redirect(url_for("staff.sign_in.account", done="password"), 303)

    @access(fresh=True, form=_account)
    def second_factor(self) -> Response:
        """Begin a new second factor; the old one counts until the first right code."""
        self.desk.sign_in.begin_setup(g.visit)
        return redirect(url_for("staff.sign_in.code", next=_account()), 303)

    def _code_page(self, problem: str = "") -> str:
        secret = g.visit.session.setup_secret
        picture = Markup("")
        if secret:
            code = segno.make(setup_address(secret, me().name), micro=False)
            # Drawn from letters we chose: safe as it is.
            picture = Markup(code.svg_inline(scale=5, dark="#000", light="#fff"))
        return render_template(
            "staff/code.html",
            problem=problem,
            next=request.values.get("next", ""),
            secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)) if secret else "",
            picture=picture,
            first=g.visit.session.stage == SETUP,
        )


def _confirm(problem: str = "") -> str:
    back, again = request.values.get("next", ""), request.values.get("again", "")
    return render_template("staff/confirm.html", next=back, again=again, problem=problem)


def _login(problem: str = "", name: str = "") -> str:
    back = request.values.get("next", "")
    return render_template("staff/login.html", problem=problem, name=name, next=back)
