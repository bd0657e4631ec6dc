"""Settings of the console alone, from the environment."""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

HELP = {
    "madoguchi_staff_networks": (
        "職員画面を開けるアドレス（コンマ区切り）。例：MADOGUCHI_STAFF_NETWORKS=192.0.2.0/24,2001:db8::/32"
    ),
    "madoguchi_proxies": "前にある中継（プロキシ）の数。例：MADOGUCHI_PROXIES=1",
}


def _networks(value: str) -> str:
    for each in filter(None, map(str.strip, value.split(","))):
        ip_network(each)
    return value


class ConsoleOptions(BaseSettings):
    """`madoguchi_proxies`: how many proxies stand in front and add to X-Forwarded-For."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    madoguchi_staff_networks: Annotated[str, AfterValidator(_networks)] = ""
    madoguchi_proxies: Annotated[int, Field(ge=0, le=10)] = 0

    @classmethod
    def from_env(cls) -> ConsoleOptions:
        """Read the environment. Raises SettingsError naming everything that is wrong."""
        try:
            return cls()
        except ValidationError as error:
            names = sorted({str(detail["loc"][0]) for detail in error.errors()})
        lines = [f"- {name.upper()} が正しくありません。{HELP[name]}" for name in names]
        raise SettingsError("\n".join(["設定に問題があります。", *lines]))

    @cached_property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where the console may be opened from; () is everywhere."""
        found = filter(None, map(str.strip, self.madoguchi_staff_networks.split(",")))
        return tuple(map(ip_network, found))

    def allows(self, address: str) -> bool:
        """Whether a browser at that address may open the console."""
        if not self.networks:
            return True
        try:
            here = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(here, "ipv4_mapped", None) or here
        return any(mapped in network for network in self.networks)
