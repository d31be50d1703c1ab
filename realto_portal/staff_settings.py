"""How staff sign in, as it is everywhere: sessions, passwords, second factors. Part of `settings`."""

from typing import Any

# Sessions are for staff alone: this long at most, however active, and this long without a sign of life.
SESSION_COOKIE_AGE = 12 * 3600
STAFF_SILENCE_SECONDS = 3600
SESSION_COOKIE_SAMESITE = "Lax"  # "Strict" would lose the way back from an identity provider
MESSAGE_STORAGE = "onboarding.staff.messages.messages_of"

AUTHENTICATION_BACKENDS = ["onboarding.staff.backend.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Of the logins that `make run` makes while the sandbox is in use. Everybody knows it: it opens nothing elsewhere.
DEMO_PASSWORD = "sandbox-demo"  # noqa: S105
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"

ACCOUNT_ADAPTER = "onboarding.staff.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "onboarding.staff.forms.SignInForm",
    "reauthenticate": "onboarding.staff.forms.ConfirmForm",
    "change_password": "onboarding.staff.forms.PasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True  # for as long as the session lasts
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_SIGNUP_ENABLED = False
ACCOUNT_EMAIL_VERIFICATION = "none"
# How long nobody is asked again after a password or a code, before what needs one that is fresh.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# `onboarding.staff.sign_in_limits` counts for all processes, by name and address. allauth counts in the memory of each,
# so it is a second net: an address only, or any stranger could lock a colleague out by name.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "30/10m/ip", "reauthenticate": None, "change_password": None}

MFA_ADAPTER = "onboarding.staff.mfa.MFAAdapter"
MFA_FORMS = {
    "authenticate": "onboarding.staff.code_forms.CodeForm",
    "reauthenticate": "onboarding.staff.code_forms.CodeAgainForm",
    "activate_totp": "onboarding.staff.code_forms.ActivateForm",
    "authenticate_webauthn": "onboarding.staff.code_forms.PasskeyForm",
    "reauthenticate_webauthn": "onboarding.staff.code_forms.PasskeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_TOTP_TOLERANCE = 1  # clocks of phones go wrong by half a minute; a code is good once all the same
MFA_ALLOW_UNVERIFIED_EMAIL = True
USERSESSIONS_TRACK_ACTIVITY = True

OIDC_PROVIDER_ID = "sso"  # part of the address that the provider sends people back to
SOCIALACCOUNT_ADAPTER = "onboarding.staff.single_sign_on.ProviderAdapter"


def provider(server_url: str, client_id: str, client_secret: str) -> dict[str, Any]:
    """Describe the identity provider to allauth."""
    app = {
        "provider_id": OIDC_PROVIDER_ID,
        "name": "OpenID Connect",
        "client_id": client_id,
        "secret": client_secret,
        "settings": {"server_url": server_url, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}}


SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
