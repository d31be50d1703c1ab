from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "realto_portal"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers them
