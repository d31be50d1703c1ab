"""Systemd's unit files, as far as they say how a program is started: so that these very lines are what is tried."""

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path


class Unit:
    """One unit file. `places`: what stands for its folders here, e.g. {"/opt/realto-portal": "/tmp/x/app"}."""

    def __init__(self, file: Path, places: Mapping[str, str], credentials: Path) -> None:
        self.places = {**places, "%d": str(credentials), "%i": "1"}
        self.credentials = credentials
        pairs = [line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and line[0] != "#"]
        self.lines = [(name.strip(), value.strip()) for name, value in pairs]

    def all(self, name: str) -> list[str]:
        return [self._placed(value) for key, value in self.lines if key == name]

    def command(self, name: str = "ExecStart") -> list[str]:
        return shlex.split(self.all(name)[0])

    def environment(self) -> dict[str, str]:
        """Return exactly the variables that systemd would set, and the path it searches."""
        found = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
        lines = self.all("Environment")
        for file in self.all("EnvironmentFile"):
            lines += [line for line in Path(file).read_text().splitlines() if line and line[0] != "#"]
        return found | dict(line.split("=", 1) for line in lines)

    def load_credentials(self) -> None:
        """Copy the secrets to where only the service sees them."""
        self.credentials.mkdir(parents=True, exist_ok=True)
        for line in self.all("LoadCredential"):
            name, source = line.split(":", 1)
            shutil.copy(source, self.credentials / name)

    def _placed(self, value: str) -> str:
        for name, place in self.places.items():
            value = value.replace(name, place)
        return value
