"""Where Django looks for the desk."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from .desk import (
    brand,
    bulk,
    campaigns,
    catalogue,
    columns,
    consents,
    disclosures,
    endpoints,
    entry_links,
    erasures,
    figures_page,
    help_texts,
    invite,
    limits,
    mails,
    makers,
    requests,
    retention_page,
    sign_ins,
    strays,
    upkeep,
    users,
    webhooks,
)

__all__ = [
    "brand",
    "bulk",
    "campaigns",
    "catalogue",
    "consents",
    "disclosures",
    "endpoints",
    "entry_links",
    "erasures",
    "figures_page",
    "help_texts",
    "invite",
    "limits",
    "mails",
    "makers",
    "requests",
    "retention_page",
    "sign_ins",
    "strays",
    "upkeep",
    "users",
    "webhooks",
]

columns.name_columns()
admin.site.site_header = admin.site.site_title = _("Support desk")
admin.site.enable_nav_sidebar = False  # ours is in base_site.html
admin.site.index_title = _("What people connect")
