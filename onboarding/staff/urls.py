"""How colleagues come in, below the desk's address: of allauth's pages those that we offer, and no other.

There is no sign-up and nothing by e-mail. Django's own addresses for signing in and out, and for the password, stay.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.conf import settings
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from . import views

to_account = RedirectView.as_view(pattern_name="mfa_index")
to_sign_in = RedirectView.as_view(pattern_name="account_login")

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("login/code/", mfa.authenticate, name="mfa_authenticate"),
    path("login/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("logout/", require_POST(account.logout), name="account_logout"),
    path("password_change/", account.password_change, name="account_change_password"),
    # Where allauth sends whoever has no password here, because they come by a provider.
    path("account/password/", to_account, name="account_set_password"),
    path("account/", views.show_account, name="mfa_index"),
    path("account/sign-out-elsewhere/", views.sign_out_elsewhere, name="staff_sign_out_elsewhere"),
    path("account/second-factor/", views.enrol, name="staff_enrol"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/app/add/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/renew/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/passkeys/", to_account, name="mfa_list_webauthn"),
    path("account/passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
]
if settings.OIDC_SERVER_URL:
    from allauth.socialaccount.providers.openid_connect import views as oidc  # needs a provider

    from .single_sign_on import forgiving

    urlpatterns += [
        path("account/oidc/<str:provider_id>/login/", forgiving(oidc.login), name="openid_connect_login"),
        path(
            "account/oidc/<str:provider_id>/login/callback/", forgiving(oidc.callback), name="openid_connect_callback"
        ),
        # Where allauth sends whoever turned back at the provider, and whoever is signed in already.
        path("account/provider/cancelled/", to_sign_in, name="socialaccount_login_cancelled"),
        path("account/provider/", to_account, name="socialaccount_connections"),
    ]
