"""What Django says on pages of the desk and has not in all of our languages: its own words, translated with ours.

A catalogue of the project's stands above Django's, so it is enough that ours have them. What its scripts say is in
`djangojs.po` beside them, which is written by hand. `tests/test_catalogues.py` says which are missing, and which Django
has by now.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

WORDS = (
    _("- Select an option -"),
    _("Run"),
    _("Logout"),
    _(", "),
    _("Search %(name)s"),
    _("Filter by %(field_name)s"),
    _("Pagination %(name)s"),
    _("Pagination %(name)s entries"),
    _('The app "%s" could not be found.'),
    _("Forgotten your login credentials?"),
    _("In case you’ve forgotten, you are:"),
    _("No %s matches the given query."),
    _("“%(value)s” is not a valid binary value."),
    _(
        "Are you sure you want to delete the %(object_name)s “%(escaped_object)s”? All of the following related items "
        "will be deleted:"
    ),
    _(
        "Deleting the %(object_name)s “%(escaped_object)s” would result in deleting related objects, but your account "
        "doesn't have permission to delete the following types of objects:"
    ),
    _(
        "Deleting the %(object_name)s “%(escaped_object)s” would require deleting the following protected related "
        "objects:"
    ),
    _("After you’ve created a user, you’ll be able to edit more user options."),
    _("This action will <strong>enable</strong> password-based authentication for this user."),
    _("Disable password-based authentication"),
    _("Enable password-based authentication"),
    _("Password-based authentication was disabled."),
    _("Password-based authentication"),
    _("Enabled"),
    _("Disabled"),
    _("Reset password"),
    _("Set password"),
    _("Set password: %s"),
    _("Raw passwords are not stored, so there is no way to see the user’s password."),
    _("Conflicting form data submitted. Please try again."),
    _("Enable password-based authentication for this user by setting a password."),
    _(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to "
        "authenticate using other backends, such as Single Sign-On or LDAP."
    ),
    _("%(model)s instance with %(field)s %(value)r is not a valid choice."),
)
COUNTED = (
    ngettext_lazy("…and %(count)d more object.", "…and %(count)d more objects."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)
