"""The modules that serving the portal imports and that are not ours: `python -m benchmarks.imported`, as JSON."""

import importlib
import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")

OURS = ("realto_portal", "onboarding", "sandbox", "benchmarks", "tests", "gunicorn", "__")


def main() -> None:
    importlib.import_module("realto_portal.wsgi")
    importlib.import_module("realto_portal.urls")
    names = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None)]
    print(json.dumps(sorted(name for name in names if not name.startswith(OURS))))


if __name__ == "__main__":
    main()
