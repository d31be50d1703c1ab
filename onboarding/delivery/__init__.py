"""Bringing a request to the platform, following it there, and taking it back."""
