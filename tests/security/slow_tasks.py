"""Tasks that do what ours never should."""

import threading

from django.tasks import task

end = threading.Event()


@task
def hang() -> None:
    end.wait(20)


@task
def note(path: str) -> None:
    with open(path, "a") as file:  # noqa: PTH123
        file.write("done")
