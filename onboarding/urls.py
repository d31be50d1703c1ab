"""The portal's site map."""

from django.urls import path, register_converter

from onboarding.branding import views
from onboarding.monitoring import views as monitoring
from onboarding.portal.views import (
    about,
    csp_reports,
    device,
    entry,
    handover,
    language,
    push,
    reconnect,
    status,
    wizard,
)
from onboarding.privacy import views as privacy
from onboarding.request.steps import Step

app_name = "onboarding"


class StepConverter:
    regex = "|".join(Step)

    def to_python(self, value: str) -> Step:
        return Step(value)

    def to_url(self, value: Step | str) -> str:
        return str(value)


class ColourConverter:
    """Six digits of a colour, without the # that an address cannot carry."""

    regex = "[0-9a-f]{6}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(StepConverter, "step")
register_converter(ColourConverter, "colour")

urlpatterns = [
    path(
        "onboarding/<str:reference>/status/panel/", status.status_panel, name="status_panel"
    ),  # asked most, so it comes first
    path("", wizard.start, name="start"),
    path("start/", entry.begin, name="begin"),
    path("start/type/", entry.first, name="first"),
    path("onboarding/<str:reference>/", wizard.resume, name="resume"),
    path("onboarding/<str:reference>/<step:step>/", wizard.wizard_step, name="step"),
    path("onboarding/<str:reference>/manufacturer/list/", wizard.makers, name="makers"),
    path("onboarding/<str:reference>/scan/<str:name>/", wizard.scan, name="scan"),
    path("onboarding/<str:reference>/not-listed/", wizard.not_listed, name="not_listed"),
    path("onboarding/<str:reference>/status/", status.status, name="status"),
    path("onboarding/<str:reference>/again/", status.again, name="again"),
    path("onboarding/<str:reference>/push/", push.choose, name="push"),
    path("onboarding/<str:reference>/device/", device.overview, name="device"),
    path("onboarding/<str:reference>/reconnect/", reconnect.reconnect, name="reconnect"),
    path("onboarding/<str:reference>/stop/", device.stop, name="stop"),
    path("onboarding/<str:reference>/consent/", device.renew, name="renew"),
    path("onboarding/<str:reference>/receipts/<uuid:record_id>/", device.receipt, name="receipt"),
    path("onboarding/<str:reference>/receipts/<uuid:record_id>.pdf", device.receipt_file, name="receipt_file"),
    path("onboarding/<str:reference>/erase/", privacy.erase, name="erase"),
    path("onboarding/<str:reference>/send-step/", device.send_step, name="send_step"),
    path("step/<str:token>/", device.owner_step, name="owner_step"),
    path("onboarding/<str:reference>/elsewhere/", handover.send_link, name="elsewhere"),
    path("onboarding/<str:reference>/phone/", handover.phone, name="phone"),
    path("onboarding/<str:reference>/phone/new/", handover.show_code, name="show_code"),
    path("onboarding/<str:reference>/revoke/", handover.revoke, name="revoke"),
    path("continue/<str:token>/", handover.go_on, name="continue"),
    path("code/", handover.enter_code, name="code"),
    path("devices/", handover.devices, name="devices"),
    path("my-data/", privacy.my_data, name="my_data"),
    path("my-data/file/", privacy.download, name="my_data_file"),
    path("my-data/erase/", privacy.erase_all, name="erase_all"),
    path("language/", language.choose, name="language"),
    path("leave/", handover.leave, name="leave"),
    path("return/<str:reference>/", status.come_back, name="return"),
    path("brand/<colour:light>-<colour:dark>.css", views.accents, name="accents"),
    path("brand/logo/<str:sha256>/", views.logo, name="logo"),
    path("manifest.webmanifest", about.manifest, name="manifest"),
    # Its address is what it may act for: it stands at the root, and is used for the pages of requests.
    path("push-worker.js", push.worker, name="push_worker"),
    path("accessibility/", about.accessibility, name="accessibility"),
    path(".well-known/security.txt", about.security_txt, name="security_txt"),
    path("csp-reports/", csp_reports.receive, name="csp_reports"),
    # A program that asks without the slash would take being led to the other address for a good answer.
    path("healthz", monitoring.healthz, name="healthz"),
    path("healthz/", monitoring.healthz, name="healthz"),
    path("status/", monitoring.status_page, name="service_status"),
    path("status.json", monitoring.status_json, name="status_json"),
    path("metrics", monitoring.metrics, name="metrics"),
    path("readyz", monitoring.readyz, name="readyz"),
    path("readyz/", monitoring.readyz, name="readyz"),
]
