"""Mails to customers: what they say, and the outbox from which workers send them."""
