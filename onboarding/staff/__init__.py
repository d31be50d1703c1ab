"""How colleagues come in and stay: signing in, second factors, sessions, and the record of it. By allauth.

Customers have none of this: they are known by a key of their browser (`onboarding.ownership`).
"""
