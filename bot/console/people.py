"""/staff/people/: who may use the console. For admins, with a fresh password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import ADMINS, access, me
from bot.console.desk import Desk
from bot.services.people import StaffError
from bot.store.staff import ROLE_NAMES


def people_pages(desk: Desk, sections: Callable[[], Sequence[str]]) -> Blueprint:
    """The list with its forms; `sections` are the folders and files a person can be limited to."""
    pages, blueprint = _People(desk, sections), Blueprint("people", __name__)
    blueprint.add_url_rule("/people/", "page", pages.page)
    blueprint.add_url_rule("/people/", "add", pages.add, methods=["POST"])
    blueprint.add_url_rule("/people/<int:number>", "one", pages.one)
    blueprint.add_url_rule("/people/<int:number>", "change", pages.change, methods=["POST"])
    return blueprint


def _list() -> str:
    return url_for("staff.people.page")


def _person() -> str:
    return url_for("staff.people.one", **(request.view_args or {}))


@dataclass(frozen=True)
class _People:
    desk: Desk
    sections: Callable[[], Sequence[str]]

    @access(ADMINS, fresh=True)
    def page(self) -> str:
        """Everyone, and the form for one more."""
        return self._page()

    @access(ADMINS, fresh=True, form=_list)
    def add(self) -> Response | tuple[str, int]:
        """One more person."""
        form = request.form
        name, role = form.get("name", "").strip(), form.get("role", "")
        try:
            self.desk.people.add(
                name, role, form.get("password", ""), form.getlist("sections"), me().name
            )
        except StaffError as error:
            return self._page(str(error)), 422
        return redirect(url_for("staff.people.page", done="added"), 303)

    @access(ADMINS, fresh=True)
    def one(self, number: int) -> str:
        """One person with what can be changed."""
        return self._one(number)

    @access(ADMINS, fresh=True, form=_person)
    def change(self, number: int) -> Response | tuple[str, int]:
        """Switch off or on, another role or password, end sign-ins, forget a lost second factor."""
        people, form = self.desk.people, request.form
        name, who = self._name(number), me().name
        try:
            match form.get("do"):
                case "role":
                    people.change_role(name, form.get("role", ""), form.getlist("sections"), who)
                case "disable":
                    people.disable(name, who)
                case "enable":
                    people.enable(name, who)
                case "sign_out":
                    people.sign_out(name, who)
                case "password":
                    people.set_password(name, form.get("password", ""), who)
                case "second_factor":
                    people.reset_second_factor(name, who)
                case _:
                    abort(400)
        except StaffError as error:
            return self._one(number, str(error)), 422
        return redirect(url_for("staff.people.page", done="changed"), 303)

    def _page(self, problem: str = "") -> str:
        return render_template(
            "staff/people.html",
            people=self.desk.people.everyone(),
            roles=ROLE_NAMES,
            sections=self.sections(),
            problem=problem,
            form=request.form,
        )

    def _one(self, number: int, problem: str = "") -> str:
        person = next((p for p in self.desk.people.everyone() if p.id == number), None)
        if person is None:
            abort(404)
        return render_template(
            "staff/person.html",
            target=person,
            roles=ROLE_NAMES,
            sections=self.sections(),
            problem=problem,
        )

    def _name(self, number: int) -> str:
        found = [p.name for p in self.desk.people.everyone() if p.id == number]
        return found[0] if found else abort(404)
