"""What an operator copies from docs/ops/ fits the program that it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from bot.cli import main
from bot.commands import menu as menus
from bot.commands import ops
from bot.config import HELP, REPOSITORY, SECRETS
from bot.console.options import HELP as CONSOLE_HELP
from tests.web.running import town

OPS = REPOSITORY / "docs" / "ops"
FILES = [*sorted(OPS.iterdir()), REPOSITORY / "compose.yaml", REPOSITORY / "Containerfile"]
KNOWN = (
    {name.upper() for name in HELP}
    | {f"{name.upper()}_FILE" for name in SECRETS}
    | set(CONSOLE_HELP)
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_named_is_one(path: Path) -> None:
    named = set(re.findall(r"\b(?:MADOGUCHI|LINE)_[A-Z_]+\b", path.read_text()))
    assert named <= KNOWN


def test_every_alert_watches_a_number_that_there_is(tmp_path: Path) -> None:
    with town(tmp_path, madoguchi_worker="separate") as there:
        there.client.post("/line/webhook", data=b"{}")
        there.get("/metrics")
        text = there.get("/metrics").text
    # A counter with labels has no line before the first count, but its type is told.
    told = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    told |= set(re.findall(r"^([a-z_]+)", text, re.MULTILINE))
    rules = yaml.safe_load((OPS / "alerts.yaml").read_text())["groups"][0]["rules"]
    for rule in rules:
        for name in re.findall(r"\b(?:madoguchi|process)_[a-z_]+", rule["expr"]):
            assert name in told, f"{rule['alert']}: {name}"
        assert rule["annotations"]["summary"] and rule["annotations"]["action"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def commands() -> set[str]:
    """Every command there is, those of a person who runs it included."""
    return set(main.list_commands(click.Context(main)))


def test_every_command_that_a_unit_runs_is_one() -> None:
    text = "\n".join(path.read_text() for path in OPS.glob("*.service"))
    named = set(re.findall(r"bin/madoguchi ([a-z-]+)", text))
    services = compose()["services"]
    named |= {service["command"][0] for service in services.values() if "command" in service}
    assert {"serve", "worker", "backup", "menu"} <= named
    assert named <= commands()


@pytest.mark.parametrize("command", [*ops.COMMANDS, *menus.COMMANDS], ids=lambda c: c.name)
def test_every_command_of_the_operator_has_help_and_stands_in_the_guide(command: object) -> None:
    result = CliRunner().invoke(command, ["--help"])  # type: ignore[arg-type]
    assert result.exit_code == 0
    assert command.help  # type: ignore[attr-defined]
    guide = (REPOSITORY / "docs" / "operator-guide.md").read_text()
    assert f"madoguchi {command.name}" in guide  # type: ignore[attr-defined]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
    return loaded


def test_containers_run_as_nobody_in_particular_on_a_read_only_disk() -> None:
    secrets = compose()["secrets"]
    for name in ("web", "worker"):
        service = compose()["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert set(service["secrets"]) <= set(secrets)
        for key, value in service["environment"].items():
            if key.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
            assert key.lower() not in SECRETS  # never a secret in the environment
    lines = (REPOSITORY / "Containerfile").read_text().splitlines()
    assert "USER madoguchi" in lines
    assert lines.index("USER madoguchi") < lines.index('ENTRYPOINT ["madoguchi"]')


def test_no_container_gets_a_setting_twice() -> None:
    # A secret as a value and as a file is refused at the start: the image may name neither.
    image = re.findall(r"\b([A-Z_]+)=", (REPOSITORY / "Containerfile").read_text())
    filled_in = re.findall(r"^([A-Z_]+)=", (OPS / "container.env").read_text(), re.MULTILINE)
    for name in ("web", "worker"):
        given = [*image, *filled_in, *compose()["services"][name]["environment"]]
        named = [each.removesuffix("_FILE") for each in given]
        assert len(named) == len(set(named))


def test_the_compose_file_means_the_same_to_an_old_podman_compose() -> None:
    # Debian 12's (1.0.3) leaves ${NAME:-} as it is, and takes secrets/x for a volume's name.
    text = (REPOSITORY / "compose.yaml").read_text()
    values = re.sub(r"#.*", "", text)
    assert "${" not in values
    assert all(each["file"].startswith("./") for each in compose()["secrets"].values())
    for service in compose()["services"].values():
        assert service["restart"] == "always"  # podman-restart begins no others after a reboot


def test_the_proxy_before_the_containers_is_counted_and_the_web_container_watched() -> None:
    web = compose()["services"]["web"]
    assert web["environment"]["MADOGUCHI_PROXIES"] == "1"
    assert "/healthz" in web["healthcheck"]["test"][-1]
    assert web["env_file"] == "./container.env"


def test_the_container_is_built_of_files_that_are_there_and_let_in() -> None:
    text = (REPOSITORY / "Containerfile").read_text()
    sources = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", text, re.MULTILINE)
    ignored = (REPOSITORY / ".containerignore").read_text().splitlines()
    assert ignored[0] == "*"
    for source in " ".join(sources).split():
        assert (REPOSITORY / source).exists(), source
        assert f"!{source}" in ignored


@pytest.mark.parametrize("name", ["madoguchi-web.service", "madoguchi-worker@.service"])
def test_services_own_nothing_but_state_and_content(name: str) -> None:
    unit = (OPS / name).read_text().splitlines()
    for line in (
        "User=madoguchi",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "UMask=0077",
        "ReadWritePaths=/srv/madoguchi/content",
        "Restart=always",
        "StartLimitIntervalSec=0",
    ):
        assert line in unit


def test_every_service_is_walled_in_the_same_way_and_old_backups_go_without_line() -> None:
    walls = {}
    for path in OPS.glob("*.service"):
        unit = path.read_text().splitlines()
        kept = [line for line in unit if re.match("Protect|Private|Restrict|System|Lock|Mem", line)]
        walls[path.name] = {*kept, *(line for line in unit if line.startswith("Capability"))}
    web, *others = walls.values()
    assert len(web) > 20 and all(each == web for each in others)
    steps = re.findall(r"^ExecStart=(.+)$", (OPS / "madoguchi-daily.service").read_text(), re.M)
    assert [step.split()[0].rpartition("/")[2] for step in steps] == ["sh", "find", "madoguchi"]
    assert steps[-1].endswith("menu apply")  # it fails where LINE is away, and ends the run


def test_the_world_outside_reaches_neither_metrics_nor_staff_pages() -> None:
    text = (OPS / "nginx.conf").read_text()
    locations = dict(
        re.findall(r"location (?:(?:=|~|\^~) )?(\S+) \{(.*?)\n    \}", text, re.DOTALL)
    )
    assert "return 404" in locations["/"]
    (cities,) = (each for each in locations if re.fullmatch("[~^].*/staff.*", each))
    assert re.match(cities, "/onojo/staff/people/") and "deny all" in locations[cities]
    assert "access_log off" in locations["/settings"] and " crit;" in locations["/settings"]
    assert "/metrics" not in locations and "/readyz" not in locations
    assert "deny all" in locations["/staff"]
    for name in ("client_header_timeout", "client_body_timeout", "client_max_body_size"):
        assert name in text


def test_only_passwords_and_codes_are_limited_as_guesses() -> None:
    # One address may be a whole office: 10 pages a minute would shut it out.
    text = (OPS / "nginx.conf").read_text()
    (guess,) = re.findall(r'^    "~(\S+)" \$binary_remote_addr;$', text, re.MULTILINE)
    for path in ("/staff/login", "/onojo/staff/code", "/staff/confirm"):
        assert re.search(guess, f"POST{path}") and not re.search(guess, f"GET{path}")
    assert not re.search(guess, "POST/staff/content/save")
    pages = re.findall(r"location \S+ \S*staff\S* \{(.*?)\n    \}", text, re.DOTALL)
    assert len(pages) == 2
    for each in pages:
        assert "zone=madoguchi_password" in each and "zone=madoguchi_staff" in each


def test_nginx_finds_what_is_for_all_servers_outside_the_server() -> None:
    # nginx does not start with one of these inside a server block.
    lines = (OPS / "nginx.conf").read_text().splitlines()
    for name in ("log_format", "limit_req_zone", "limit_conn_zone", "map", "upstream", "server {"):
        found = [line for line in lines if line.lstrip().startswith(name)]
        assert found and not any(line.startswith(" ") for line in found), name


def test_everything_that_is_installed_is_pinned_with_its_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-postgres.lock"):
        lines = (REPOSITORY / name).read_text().splitlines()
        pins = [number for number, line in enumerate(lines) if re.match(r"[a-z]", line)]
        assert len(pins) > 40
        for number in pins:
            assert "==" in lines[number]
            assert lines[number + 1].lstrip().startswith("--hash=sha256:"), lines[number]
