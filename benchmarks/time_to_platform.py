"""How long a consented request takes to reach the platform on an idle machine: `python -m benchmarks.time_to_platform`.

Real processes, one worker, the embedded sandbox: from the consent in our row to the request at the platform.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

from tests.chaos.storm import Customer, Plan, Portal

CUSTOMERS = 20
WAITS = """
import json
from onboarding.models import OnboardingRequest as R
from sandbox.models import SandboxRequest as S
sent = {row.payload["returnUrl"].rstrip("/").rpartition("/")[2]: row.created_at for row in S.objects.all()}
rows = R.objects.exclude(consented_at=None)
print(json.dumps([(sent[row.reference] - row.consented_at).total_seconds() for row in rows]))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        portal = Portal(Path(folder), Plan(faults=0))
        portal.prepare()
        portal.start(workers=1)
        try:
            for number in range(CUSTOMERS):
                Customer(portal.url, number).connect_a_car()
                time.sleep(1)
            waits = json.loads(portal.manage("shell", "-v0", "-c", WAITS).splitlines()[-1])
        finally:
            portal.stop()
    print(f"{len(waits)} requests: median {statistics.median(waits):.2f} s, longest {max(waits):.2f} s")


if __name__ == "__main__":
    main()
