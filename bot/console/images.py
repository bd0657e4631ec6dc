"""/staff/images/: pictures for announcements, each with the words that stand for it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import EDITING, access, me
from bot.console.desk import Desk
from bot.errors import ContentError
from bot.services.images import MAX_SIDE, MAX_WORDS
from bot.store.images import Image


def image_pages(desk: Desk) -> Blueprint:
    """The list with its form, and a page for each image."""
    pages, blueprint = _Images(desk), Blueprint("images", __name__)
    blueprint.add_url_rule("/images/", "page", pages.page)
    blueprint.add_url_rule("/images/", "add", pages.add, methods=["POST"])
    blueprint.add_url_rule("/images/<digest>", "one", pages.one)
    blueprint.add_url_rule("/images/<digest>", "change", pages.change, methods=["POST"])
    return blueprint


@dataclass(frozen=True)
class _Images:
    desk: Desk

    @access()
    def page(self) -> str:
        """Every image, the newest first, and the form for another."""
        return self._page()

    @access(EDITING)
    def add(self) -> Response | tuple[str, int]:
        """Take in an image."""
        sent, words = request.files.get("file"), request.form.get("words", "")
        try:
            data = sent.read() if sent is not None else b""
            image = self.desk.images.add(data, words, me().name)
        except ContentError as error:
            return self._page(str(error), words), 422
        return redirect(url_for("staff.images.one", digest=image.digest, done="image_added"), 303)

    @access()
    def one(self, digest: str) -> str:
        """One image: where it is, what shows it, its words."""
        return self._one(self._find(digest))

    @access(EDITING)
    def change(self, digest: str) -> Response | tuple[str, int]:
        """Other words for it, or away with it."""
        image = self._find(digest)
        if request.form.get("do") == "delete":
            if not self.desk.images.delete(digest, me().name):
                return self._one(image, "使われているため、消せません。"), 409
            return redirect(url_for("staff.images.page", done="image_deleted"), 303)
        try:
            self.desk.images.describe(digest, request.form.get("words", ""), me().name)
        except ContentError as error:
            return self._one(image, str(error)), 422
        return redirect(url_for("staff.images.one", digest=digest, done="changed"), 303)

    def _page(self, problem: str = "", words: str = "") -> str:
        return render_template(
            "staff/images.html",
            images=self.desk.images.list_images(),
            problem=problem,
            words=words,
            limit=MAX_WORDS,
            side=MAX_SIDE,
        )

    def _one(self, image: Image, problem: str = "") -> str:
        return render_template(
            "staff/image.html",
            image=image,
            uses=self.desk.images.uses(image.digest),
            address=f"{self.desk.public_url}{image.path}" if self.desk.public_url else "",
            problem=problem,
            limit=MAX_WORDS,
        )

    def _find(self, digest: str) -> Image:
        image = self.desk.images.find(digest)
        if image is None:
            abort(404)
        return image
