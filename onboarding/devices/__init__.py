"""Devices after they were connected: whether data flows, and what is done about it when none does."""
