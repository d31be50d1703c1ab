"""Background tasks: thin. Each carries an id and calls one action; running one twice does nothing more."""

from django.tasks import task


@task
def advance(request_id: int) -> None:
    from . import actions

    actions.advance(request_id)


@task
def look_for_many(type: str, manufacturer: str) -> None:
    from . import actions

    actions.look_for_many(type, manufacturer)


@task
def follow_many(type: str, manufacturer: str) -> None:
    from . import actions

    actions.follow_many(type, manufacturer)


@task
def send_mail(mail_id: int) -> None:
    from . import actions

    actions.send_mail(mail_id)


@task
def refresh_catalogue() -> None:
    from . import actions

    actions.refresh_catalogue()


@task
def measure_manufacturers() -> None:
    from . import actions

    actions.measure_manufacturers()


@task
def run_bulk(job_id: int) -> None:
    from . import actions

    actions.run_bulk(job_id)


# A queue of its own: however long a receiver takes, the tasks above do not wait for it.
@task(queue_name="webhooks")
def deliver_webhook(delivery_id: int) -> None:
    from . import actions

    actions.deliver(delivery_id)
