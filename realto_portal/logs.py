"""Keeps out of the logs what opens somebody's page: the secret part of an address."""

import logging
import re

# The rest of the address behind these opens a request, or a step of one.
SECRET = re.compile(r"(/(?:onboarding|continue|step|return)/)[\w:.~-]{16,}|([?&]k=)[\w:.~-]+")


class WithoutSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = SECRET.sub(lambda found: f"{found[1] or found[2]}…", record.getMessage())
        record.args = ()
        return True
