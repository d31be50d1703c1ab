"""Telling the energy company's own systems."""
