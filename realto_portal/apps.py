from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "realto_portal"

    def ready(self) -> None:
        from . import checks, reporting  # noqa: F401  registers checks

        reporting.start()
