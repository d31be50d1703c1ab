from django.db import migrations, transaction
from django.db.models.functions import Coalesce

from onboarding.keys import SOURCES, keys_of

BATCH = 1000


def backfill(apps, _schema_editor):
    """Give the requests of earlier days their search keys, and the moment nearest to the one that nobody noted."""
    last = 0
    while last is not None:
        with transaction.atomic():
            last = fill_batch(apps.get_model, last)


def fill_batch(get_model, after):
    """Fill in some requests while nobody else writes them. Returns where to go on, None at the end."""
    requests, keys = get_model('onboarding', 'OnboardingRequest').objects, get_model('onboarding', 'SearchKey')
    batch = list(requests.select_for_update().filter(pk__gt=after).only(*SOURCES).order_by('pk')[:BATCH])
    if not batch:
        return None
    made = [keys(request_id=row.pk, key=key) for row in batch for key in sorted(keys_of(row))]
    keys.objects.bulk_create(made, batch_size=5 * BATCH, ignore_conflicts=True)
    since = Coalesce('finished_at', 'attended_at', 'consented_at', 'created_at')
    requests.filter(pk__range=(batch[0].pk, batch[-1].pk)).update(turn_since=since)
    return batch[-1].pk


class Migration(migrations.Migration):

    # Each batch by itself, while the portal goes on; harmless to repeat.
    atomic = False

    dependencies = [
        ('onboarding', '0012_turn'),
    ]

    operations = [
        migrations.RunPython(backfill, migrations.RunPython.noop),
    ]
