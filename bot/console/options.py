"""Settings of the console alone, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from bot.errors import SettingsError

NETWORKS, PROXIES = "MADOGUCHI_STAFF_NETWORKS", "MADOGUCHI_PROXIES"
HELP = {
    NETWORKS: f"職員画面を開けるアドレス（コンマ区切り）。例：{NETWORKS}=192.0.2.0/24,2001:db8::/32",
    PROXIES: f"前にある中継（プロキシ）の数（0〜10）。例：{PROXIES}=1",
}


@dataclass(frozen=True)
class ConsoleOptions:
    """`networks`: where the console may be opened from, () is everywhere.

    `proxies`: how many proxies stand in front and add to X-Forwarded-For.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    proxies: int = 0

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> ConsoleOptions:
        """Read the environment. Raises SettingsError naming everything that is wrong."""
        wrong = []
        networks: tuple[IPv4Network | IPv6Network, ...] = ()
        try:
            named = map(str.strip, environ.get(NETWORKS, "").split(","))
            networks = tuple(ip_network(each) for each in named if each)
        except ValueError:
            wrong.append(NETWORKS)
        proxies = environ.get(PROXIES, "").strip() or "0"
        if not (proxies.isascii() and proxies.isdecimal() and int(proxies) <= 10):
            wrong.append(PROXIES)
        if wrong:
            lines = [f"- {name} が正しくありません。{HELP[name]}" for name in wrong]
            raise SettingsError("\n".join(["設定に問題があります。", *lines]))
        return cls(networks, int(proxies))

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
