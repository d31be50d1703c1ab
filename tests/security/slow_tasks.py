"""What ours never should do."""

import threading

end = threading.Event()


def hang() -> None:
    end.wait(20)
