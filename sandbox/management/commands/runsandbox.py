"""Run the sandbox platform alone, over real HTTP."""

import signal
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand

from sandbox.server import serve

PLAIN_STATIC_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


class Command(BaseCommand):
    help = "Serve a copy of the platform on this machine: its API below /api and /connect, its pages below /sandbox."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9000, help="0 takes a free one (default: 9000).")

    def handle(self, *args: object, port: int, **options: object) -> None:
        settings.ROOT_URLCONF = "sandbox.site_urls"
        settings.CSRF_FAILURE_VIEW = "sandbox.pages.csrf_failure"
        # Styles come from their sources here: this server shall not wait for collectstatic.
        settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_STATIC_FILES}
        server, url = serve(port)
        settings.SANDBOX_PAGES_URL = f"{url}/sandbox"
        self.stdout.write(f"Pages and magic inputs: {url}/sandbox/")
        self.stdout.write(f"For the portal: REALTO_API_URL={url}/api")
        self.stdout.write(f"                REALTO_CLIENT_ID={settings.SANDBOX_CLIENT_ID}")
        self.stdout.write(f"                REALTO_CLIENT_SECRET={settings.SANDBOX_CLIENT_SECRET}")
        self.stdout.write(f"Its newer generation: REALTO_API_GENERATION=der-connect REALTO_API_URL={url}/connect")
        for name in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with SIGINT ignored
            signal.signal(name, signal.default_int_handler)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        finally:
            server.server_close()
