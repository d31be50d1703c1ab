"""Telling customers through their browser that something changed."""
