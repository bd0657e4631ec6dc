"""/staff/: what needs doing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from bot.console.access import ANYONE, access
from bot.console.desk import Desk
from bot.web.assets import Assets


def home_pages(desk: Desk, assets: Assets) -> Blueprint:
    """The first page, and the console's own files."""
    pages, blueprint = _Home(desk, assets), Blueprint("home", __name__)
    blueprint.add_url_rule("/", "page", pages.page)
    blueprint.add_url_rule("/assets/<digest>/<name>", "asset", pages.asset)
    return blueprint


@dataclass(frozen=True)
class _Home:
    desk: Desk
    assets: Assets

    @access()
    def page(self) -> str:
        """Greeting and ways."""
        return render_template("staff/home.html", cards=())

    @access(stage=ANYONE)
    def asset(self, digest: str, name: str) -> Response:
        """Style and script."""
        return self.assets.response(digest, name)
