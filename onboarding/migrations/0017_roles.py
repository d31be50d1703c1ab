from copy import copy

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWER = [
    *('view_onboardingrequest', 'view_transaction', 'view_event', 'view_consent', 'view_consenttext', 'view_mail'),
    *('view_cataloguesnapshot', 'view_cataloguechange', 'view_helptext', 'view_actiontext', 'view_brand'),
    *('view_platformhealth', 'view_plannedoffer', 'view_plannednote', 'view_wish', 'view_demand'),
]
WEBHOOKS = ['view_webhookdelivery', 'view_webhookattempt']
AGENT = [
    *VIEWER,
    *('reveal_identifiers', 'check_now', 'send_again', 'resend_mail', 'reassign_email', 'mark_handled', 'add_note'),
    *('make_entry_link', 'assist_onboardingrequest'),
]
SUPERVISOR = [
    *AGENT,
    *WEBHOOKS,
    *('withdraw_onboardingrequest', 'erase_identifiers', 'export_evidence', 'export_figures', 'change_catalogue'),
    *('add_consenttext', 'change_consenttext', 'delete_consenttext', 'publish_consenttext'),
    *('add_plannedoffer', 'change_plannedoffer', 'delete_plannedoffer', 'replay_webhookdelivery'),
    *('add_plannednote', 'change_plannednote', 'delete_plannednote'),
    *('add_helptext', 'change_helptext', 'delete_helptext', 'change_brand'),
    *('add_actiontext', 'change_actiontext', 'delete_actiontext'),
]
AUDITOR = [*VIEWER, *WEBHOOKS, 'view_disclosure', 'verify_consent']
ROLES = {'viewer': VIEWER, 'agent': AGENT, 'supervisor': SUPERVISOR, 'auditor': AUDITOR}


def create_roles(apps, schema_editor):
    """Create the groups that are not there yet; one that is stays as it is."""
    using = schema_editor.connection.alias
    make_permissions(apps, using)
    permissions = apps.get_model('auth', 'Permission').objects.using(using).filter(content_type__app_label='onboarding')
    known = {permission.codename: permission for permission in permissions}
    for name, codenames in ROLES.items():
        group, is_new = apps.get_model('auth', 'Group').objects.using(using).get_or_create(name=name)
        if is_new:
            group.permissions.set([known[codename] for codename in codenames])


def make_permissions(apps, using):
    """Make the permissions now: Django does it only after the last migration of a run."""
    config = copy(apps.get_app_config('onboarding'))
    config.models_module = True  # a past state has none, and would be skipped
    create_permissions(config, apps=apps, verbosity=0, using=using)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('onboarding', '0016_disclosure'),
    ]

    operations = [
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
