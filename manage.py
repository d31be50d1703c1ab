#!/usr/bin/env python
"""Django's command line for realto-portal."""

import os
import sys

if sys.version_info < (3, 12):  # noqa: UP036  says it in one sentence before anything newer is read
    sys.exit("realto-portal needs Python 3.12 or newer; this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"realto-portal cannot start: {problem}")
    except OperationalError as problem:
        sys.exit(f"The database does not answer: {str(problem).splitlines()[0]}")


if __name__ == "__main__":
    main()
