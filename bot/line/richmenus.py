"""LINE's rich menus over HTTP, one method for each request that we use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.menus import AtLine
from bot.errors import LineRejected
from bot.line.http import LineRequests, Refused

_MENU, _ALIAS = "/v2/bot/richmenu", "/v2/bot/richmenu/alias"
_EVERYBODY = "/v2/bot/user/all/richmenu"


class RichMenus:
    """A `bot.core.menus.LineMenus`."""

    def __init__(self, requests: LineRequests) -> None:
        self._line = requests

    def look(self) -> AtLine:
        """All menus, aliases and the default. Menus of LINE's own manager are not among them."""
        menus = self._line.get(f"{_MENU}/list").json.get("richmenus", [])
        aliases = self._line.get(f"{_ALIAS}/list").json.get("aliases", [])
        return AtLine(
            {str(menu["richMenuId"]): str(menu.get("name", "")) for menu in menus},
            {str(each["richMenuAliasId"]): str(each["richMenuId"]) for each in aliases},
            self._default(),
        )

    def problems(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """What LINE's validation finds wrong, () if nothing; changes nothing."""
        try:
            self._line.post(f"{_MENU}/validate", body)
        except Refused as refused:
            if refused.status == 400:
                return refused.problems or ("LINEの点検に通りませんでした。",)
            raise
        return ()

    def create(self, body: Mapping[str, Any]) -> str:
        """A new menu without a picture; returns its id."""
        return str(self._line.post(_MENU, body).json["richMenuId"])

    def upload(self, menu_id: str, image: bytes, image_type: str) -> None:
        """Give a menu its picture; one that has it already is fine."""
        try:
            self._line.upload(f"{_MENU}/{menu_id}/content", image, image_type)
        except Refused as refused:
            if not any("already" in problem for problem in refused.problems):
                raise

    def delete(self, menu_id: str) -> None:
        """Take a menu away; one that is gone is fine."""
        self._unless_gone(f"{_MENU}/{menu_id}")

    def set_alias(self, alias: str, menu_id: str, *, exists: bool) -> None:
        """Lead an alias to a menu, which must have its picture."""
        if exists:
            self._line.post(f"{_ALIAS}/{alias}", {"richMenuId": menu_id})
        else:
            self._line.post(_ALIAS, {"richMenuAliasId": alias, "richMenuId": menu_id})

    def delete_alias(self, alias: str) -> None:
        """Take an alias away; one that is gone is fine."""
        self._unless_gone(f"{_ALIAS}/{alias}")

    def set_default(self, menu_id: str) -> None:
        """Show a menu to everybody who has none of their own."""
        self._line.post(f"{_EVERYBODY}/{menu_id}")

    def link(self, menu_id: str, user_ids: Sequence[str]) -> None:
        """Give up to 500 residents a menu of their own; LINE does it a little later."""
        self._line.post(f"{_MENU}/bulk/link", {"richMenuId": menu_id, "userIds": list(user_ids)})

    def unlink(self, user_ids: Sequence[str]) -> None:
        """Take up to 500 residents' own menus away."""
        self._line.post(f"{_MENU}/bulk/unlink", {"userIds": list(user_ids)})

    def unlink_everybody(self) -> None:
        """Take everybody's own menu away in one request (3 times an hour at most)."""
        self._line.post(f"{_MENU}/batch", {"operations": [{"type": "unlinkAll"}]})

    def _default(self) -> str | None:
        try:
            return str(self._line.get(_EVERYBODY).json["richMenuId"])
        except LineRejected as error:
            if error.status == 404:
                return None
            raise

    def _unless_gone(self, path: str) -> None:
        try:
            self._line.delete(path)
        except LineRejected as error:
            if error.status != 404:
                raise
