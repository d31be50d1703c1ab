"""Variables of the environment, or of files that variables name."""

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv
from environ.fileaware_mapping import FileAwareMapping


class _Variables(FileAwareMapping):  # type: ignore[misc]  # has no types
    def __getitem__(self, key: str) -> str:
        """Return a variable, or what is in the file that it names with `_FILE` behind its name.

        Raises: ImproperlyConfigured when that file cannot be read; KeyError when there is no such variable.
        """
        try:
            return str(super().__getitem__(key)).rstrip("\r\n")  # editors and `echo` end a file with a line's end
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or "it is no text"
            named = self.env[f"{key}_FILE"]
            what = named if named.startswith(("/", ".")) else "what is no path"  # it may be the secret itself
            raise ImproperlyConfigured(f"{key}_FILE names {what}, which cannot be read: {reason}.") from None


class Environment(FileAwareEnv):  # type: ignore[misc]
    ENVIRON = _Variables()

    def number(self, name: str, default: float) -> float:
        """Read a number, or say which variable is none."""
        try:
            return float(self.str(name, default=str(default)))
        except ValueError:
            raise ImproperlyConfigured(f"Set {name} to a number, e.g. {default:g}.") from None
