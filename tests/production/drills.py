"""What may happen to an installation, done while customers connect: `python -m tests.production.drills [NAME ...]`.

Each drill says what it counted. It fails on a request that is lost, doubled or left open, and where customers shall
notice nothing, on any answer that refuses one. Needs root, to give the database a small disk, and a compiler of C, to
let a clock jump.
"""

import argparse
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

import httpx

from tests.chaos.storm import Customer as StormCustomer
from tests.production.installation import Installation, kill_family, run
from tests.production.rehearsal import step
from tests.security.mail_server import MailServer, Session

AT_ONCE = 20
DISK_MB = 160
PATIENCE_SECONDS = 180.0
OPEN = "SELECT count(*) FROM onboarding_onboardingrequest WHERE consented_at IS NOT NULL AND state <> 'connected'"
CONNECTED = "SELECT count(*) FROM onboarding_onboardingrequest WHERE state = 'connected'"
UNSENT = "SELECT count(*) FROM onboarding_mail WHERE sent_at IS NULL"
FIVE = 5
MAILS = f"""
from onboarding.mail.outbox import queue_mail
from onboarding.models import Mail, OnboardingRequest
for row in OnboardingRequest.objects.filter(state="connected")[:{FIVE}]:
    row.contact_email = f"somebody{{row.pk}}@example.org"
    row.save()
    queue_mail(row, Mail.Kind.CONNECTED, occasion="drill")
"""
DOUBLED = "SELECT count(*) FROM (SELECT 1 FROM sandbox_sandboxrequest GROUP BY payload HAVING count(*) > 1)"


class Customer(StormCustomer):
    """One who connects a car, and counts the answers that refused them."""

    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self, installed: Installation, number: int) -> None:
        super().__init__(installed.url, number)
        self.kind = ("EV", "Audi")
        self.http = installed.browser()
        at_home = f"2001:db8:{number:x}::1"  # as limits count addresses
        self.http.headers.update({"X-Forwarded-For": at_home, "Referer": f"{installed.url}/"})
        self.http.follow_redirects = True
        self.http.event_hooks = {"response": [self._note]}

    def _note(self, response: httpx.Response) -> None:
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self.refused[str(response.status_code)] += 1


class Crowd:
    """Customers who come all the time, `AT_ONCE` of them, until they are told to stop."""

    numbers = iter(range(1, 100_000))

    def __init__(self, installed: Installation) -> None:
        self.installed = installed
        self.stop = threading.Event()
        self.came = 0

    @contextmanager
    def coming(self) -> Iterator[None]:
        Customer.refused.clear()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            chairs = [pool.submit(self._keep_coming) for _chair in range(AT_ONCE)]
            try:
                yield
            finally:
                self.stop.set()
            for chair in chairs:
                chair.result()

    def _keep_coming(self) -> None:
        while not self.stop.is_set():
            number = next(self.numbers)
            Customer(self.installed, number).connect()
            self.came += 1


def drill(installed: Installation, harm: Callable[[Installation], None], *, is_noticed: bool) -> None:
    """Do harm while customers come, and count what became of them."""
    before = int(installed.sql(CONNECTED))
    crowd = Crowd(installed)
    with crowd.coming():
        time.sleep(3)
        harm(installed)
        time.sleep(3)
    refused = dict(Customer.refused)
    installed.wait_until(lambda: installed.sql(OPEN) == "0", PATIENCE_SECONDS)
    connected = int(installed.sql(CONNECTED)) - before
    print(f"  {crowd.came} customers, {connected} connected, refused answers: {refused or 'none'}")
    assert connected == crowd.came, f"{crowd.came - connected} are lost."
    assert doubled(installed) == 0, "The platform has requests twice."
    assert is_noticed or not refused, "Customers noticed."


def doubled(installed: Installation) -> int:
    with closing(sqlite3.connect(installed.folder / "platform.sqlite3", timeout=20)) as platform:
        return int(platform.execute(DOUBLED).fetchone()[0])


# --- The harm ---


def reload_and_restart(installed: Installation) -> None:
    for _time in range(3):
        installed.reload_web()
        installed.end("worker")
        installed.start_worker()
        time.sleep(4)


def upgrade(installed: Installation) -> None:
    """Install a next release, which has one more column, while the services run."""
    models = installed.app / "onboarding/request/models.py"
    column = "of_the_next_release = models.CharField(max_length=8, null=True)"
    context = installed.app / "onboarding/lib/log_context.py"  # which gunicorn's first process has read
    context.write_text(context.read_text() + "\n\nOF_THE_NEXT_RELEASE = True\n")
    uses = installed.app / "realto_portal/request_id.py"
    uses.write_text(
        uses.read_text() + "\nfrom onboarding.lib.log_context import OF_THE_NEXT_RELEASE  # noqa: E402, F401\n"
    )
    models.write_text(models.read_text().replace("    unanswered = ", f"    {column}\n    unanswered = ", 1))
    installed.manage("makemigrations", "onboarding", "--name", "next_release")
    installed.update()
    installed.reload_web()
    installed.end("worker")
    installed.start_worker()
    assert installed.sql("SELECT count(of_the_next_release) FROM onboarding_onboardingrequest") == "0"


def kill_database(installed: Installation) -> None:
    installed.kill_database()
    time.sleep(5)
    installed.start_database()


def kill_services(installed: Installation) -> None:
    """Kill all of them at once; whoever watches over services starts them anew."""
    for name in ("worker", "web"):
        kill_family(installed.processes[name].pid)


def fill_disk(installed: Installation) -> None:
    """Leave the database no room for as long as a colleague needs to find out."""
    ballast = installed.data / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"\0" * 4096):
            pass
    assert shutil.disk_usage(installed.data).free < 4096
    time.sleep(10)
    ballast.unlink()
    try:
        installed.sql("SELECT 1")
    except AssertionError:  # it stopped by itself
        installed.start_database()


def clock_jumps(installed: Installation) -> None:
    """Let the worker's machine be a day and an hour ahead for a while, then as far behind, then right again."""
    library, shift = installed.folder / "clock_shift.so", installed.folder / "shift"
    run(["cc", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("clock_shift.c")])
    shift.write_text("0")
    installed.changes["worker"] = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(shift)}
    installed.end("worker")
    installed.start_worker()
    for hours in (25, 0, -25, 0):
        time.sleep(8)
        shift.write_text(str(hours * 3600))
    assert installed.written_by("worker").count("clock is a minute or more apart") >= len(("ahead", "behind"))
    time.sleep(8)


def platform_away(installed: Installation) -> None:
    installed.end("platform")
    time.sleep(20)
    installed.start_platform()


def mail_away(installed: Installation) -> None:
    """Have mails written while nobody takes them."""
    installed.wait_until(lambda: int(installed.sql(CONNECTED)) >= FIVE, PATIENCE_SECONDS)
    installed.manage("shell", "--command", MAILS)
    time.sleep(5)
    assert installed.sql(UNSENT) == str(FIVE)


def take_mails(installed: Installation) -> int:
    """Be the mail server until nothing is left to send, and return how many mails came."""
    came = 0

    def take(session: Session) -> None:
        nonlocal came
        session.take_mail()
        came += 1
        session.say("250 taken")

    with MailServer(take, port=installed.ports["mail"]):
        installed.sql("UPDATE onboarding_mail SET due_at = now() WHERE sent_at IS NULL")
        installed.wait_until(lambda: installed.sql(UNSENT) == "0", PATIENCE_SECONDS)
    return came


def mail(installed: Installation) -> None:
    drill(installed, mail_away, is_noticed=False)
    came = take_mails(installed)
    print(f"  {came} mails came once the server was back")
    assert came == FIVE, came


def restore(installed: Installation) -> None:
    """Make a backup while some are queued, let all of it be sent, lose the database, restore: nothing is sent twice."""
    installed.end("worker")
    _come(installed, AT_ONCE)  # who is queued in the backup
    made_at = datetime.now(UTC).isoformat()
    dump = installed.folder / "backup"
    run(["pg_dump", installed.owner_url(), "--format=custom", "--file", dump])
    installed.start_worker()
    _come(installed, AT_ONCE)  # who came after it
    installed.wait_until(lambda: installed.sql(OPEN) == "0", PATIENCE_SECONDS)
    before = at_platform(installed)
    for name in ("worker", "web"):
        installed.end(name)
    installed.stop_database("immediate")
    shutil.rmtree(installed.data / "data")
    installed.make_database()
    run(["pg_restore", "--dbname", installed.owner_url(), "--no-owner", "--no-privileges", "--exit-on-error", dump])
    installed.update()
    print(f"  {installed.manage('after_restore', '--since', made_at).strip()}")
    installed.start_web()
    installed.start_worker()
    installed.wait_until(lambda: installed.sql(OPEN) == "0", PATIENCE_SECONDS)
    strays = int(installed.sql("SELECT count(*) FROM onboarding_strayonboarding"))
    print(f"  at the platform before and after: {before}, {at_platform(installed)}; strays listed: {strays}")
    assert at_platform(installed) == before, "Something was sent again."
    assert strays == AT_ONCE, strays
    assert doubled(installed) == 0


def _come(installed: Installation, count: int) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(Customer(installed, next(Crowd.numbers)).connect) for _customer in range(count)]:
            done.result()


def at_platform(installed: Installation) -> int:
    with closing(sqlite3.connect(installed.folder / "platform.sqlite3", timeout=20)) as platform:
        return int(platform.execute("SELECT count(*) FROM sandbox_sandboxrequest").fetchone()[0])


DRILLS: dict[str, tuple[str, Callable[[Installation], None]]] = {
    "reload": ("Reloading web and worker", lambda it: drill(it, reload_and_restart, is_noticed=False)),
    "upgrade": ("Installing a next release", lambda it: drill(it, upgrade, is_noticed=False)),
    "services": ("Killing web and worker", lambda it: drill(it, kill_services, is_noticed=True)),
    "database": ("Killing the database", lambda it: drill(it, kill_database, is_noticed=True)),
    "disk": ("Filling the database's disk", lambda it: drill(it, fill_disk, is_noticed=True)),
    "clock": ("Letting the worker's clock jump", lambda it: drill(it, clock_jumps, is_noticed=False)),
    "platform": ("Taking the platform away", lambda it: drill(it, platform_away, is_noticed=False)),
    "mail": ("Taking the mail server away", mail),
    "restore": ("Restoring a backup", restore),
}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    (folder / "postgresql").mkdir()
    run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", folder / "postgresql"])
    try:
        yield
    finally:
        run(["umount", "--lazy", folder / "postgresql"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DRILLS)}; without, all of them")
    names = parser.parse_args().names or list(DRILLS)
    with tempfile.TemporaryDirectory() as name, small_disk(Path(name)):
        installed = Installation(Path(name))
        try:
            step("Installing", installed.install)
            step("Starting", installed.start)
            for each in names:
                words, do = DRILLS[each]
                step(words, partial(do, installed))
        except BaseException:
            print(installed.log())
            raise
        finally:
            installed.stop()


if __name__ == "__main__":
    sys.exit(main())
