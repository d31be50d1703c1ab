"""The project: settings, policy and checks."""

import django_stubs_ext

django_stubs_ext.monkeypatch()  # before any module writes a generic class of Django's with its types
