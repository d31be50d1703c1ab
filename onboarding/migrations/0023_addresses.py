import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

import onboarding.models.contact
from onboarding.addresses import InvalidAddress, canonical
from onboarding.keys import SOURCES, keys_of

KEY = models.CharField(max_length=254)


def read_addresses(apps, schema_editor):
    """Write what is there as it is stored from now on. What cannot be read stays, and equals no other.

    Only what is not all ASCII, and so has no key, can be written otherwise.
    """
    requests, mails, wishes = (apps.get_model('onboarding', name) for name in ('OnboardingRequest', 'Mail', 'Wish'))
    is_postgresql = schema_editor.connection.vendor == 'postgresql'
    if is_postgresql:  # which knows nothing of the columns that were made a moment ago
        schema_editor.execute('ANALYZE onboarding_onboardingrequest, onboarding_mail, onboarding_accesslink')
    changed = rewrite(requests, 'contact_email', 'contact_key')
    rewrite(mails, 'to', 'to_key')
    rewrite(wishes, 'contact_email', 'contact_key')
    find_anew(apps, changed)
    keep_one_wish(wishes, mails)
    bind_links(apps)
    if is_postgresql:  # or the constraint that follows would have to wait
        schema_editor.execute('SET CONSTRAINTS ALL IMMEDIATE')


def rewrite(model, column, key):
    """Write the addresses of a column anew. Returns the ids of all rows whose address had no key."""
    without = list(model.objects.filter(**{key: ''}).exclude(**{column: ''}).values_list('pk', column))
    for pk, text in without:
        try:
            model.objects.filter(pk=pk).update(**{column: canonical(text)})
        except InvalidAddress:
            pass
    return [pk for pk, _text in without]


def find_anew(apps, changed):
    """Make the search keys anew that were folded from such an address, or from an answer like one."""
    requests, keys = apps.get_model('onboarding', 'OnboardingRequest').objects, apps.get_model('onboarding', 'SearchKey')
    addressed = keys.objects.filter(key__contains='@')
    answered = addressed.filter(key__regex='[^ -~]').values_list('request_id', flat=True)
    for row in requests.filter(pk__in={*changed, *answered}).only(*SOURCES):
        addressed.filter(request_id=row.pk).delete()
        made = [keys(request_id=row.pk, key=key) for key in sorted(keys_of(row))]
        keys.objects.bulk_create(made, ignore_conflicts=True)


def keep_one_wish(wishes, mails):
    """Of wishes that differ in nothing that counts keep the one that nobody has been told of, else the newest."""
    kept = {}
    for wish in list(wishes.objects.exclude(contact_key='').order_by('created_at', 'pk')):
        known = kept.setdefault((wish.type, wish.manufacturer, wish.contact_key), wish)
        if known == wish:
            continue
        stays, goes = (known, wish) if known.announced_at is None and wish.announced_at else (wish, known)
        mails.objects.filter(wish=goes.pk).update(wish=stays.pk)
        goes.delete()
        kept[wish.type, wish.manufacturer, wish.contact_key] = stays


def bind_links(apps):
    """Let each link that was mailed open only the address on file, where it cannot have gone to another; else, nothing.

    A change of address made the links of before void, so only what may have gone elsewhere since counts. When that was
    is not known of a mail that was tried and not sent.
    """
    links, mails, requests = (apps.get_model('onboarding', n) for n in ('AccessLink', 'Mail', 'OnboardingRequest'))
    now = timezone.now()
    tried = mails.objects.filter(request=OuterRef('request')).filter(
        Q(sent_at__isnull=False) | Q(attempts__gt=0) | ~Q(lease='')
    )
    since = Q(sent_at=None) | Q(sent_at__gte=OuterRef('created_at'))
    elsewhere = tried.filter(since).exclude(to_key=OuterRef('request__contact_key'))
    good = links.objects.filter(revoked_at=None, expires_at__gt=now)
    mailed = good.filter(Q(kind='email') | Q(Exists(tried.filter(kind='invitation')), kind='invite'))
    mailed.filter(Exists(elsewhere) | Q(request__contact_key='')).update(revoked_at=now)
    on_file = requests.objects.filter(pk=OuterRef('request')).values('contact_key')
    mailed.update(address=Subquery(on_file))


class Migration(migrations.Migration):

    dependencies = [
        ("onboarding", "0022_reasons"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='wish', name='onboarding_wish_unique'),
        migrations.RemoveIndex(model_name='mail', name='onboarding_mail_to_idx'),
        migrations.RemoveIndex(model_name='wish', name='onboarding_wish_address_idx'),
        migrations.AlterField(
            model_name='onboardingrequest',
            name='contact_email',
            field=models.EmailField(blank=True, help_text="The customer's own address; never the platform's attribute `email`", max_length=254),
        ),
        migrations.AddField(
            model_name='onboardingrequest',
            name='contact_key',
            field=models.GeneratedField(db_persist=True, expression=onboarding.models.contact.AddressKey('contact_email'), output_field=KEY),
        ),
        migrations.AddField(
            model_name='onboardingrequest',
            name='links_void_at',
            field=models.DateTimeField(blank=True, help_text='A link that was mailed for another device before then does not open it', null=True),
        ),
        migrations.AddField(
            model_name='mail',
            name='to_key',
            field=models.GeneratedField(db_persist=True, expression=onboarding.models.contact.AddressKey('to'), output_field=KEY),
        ),
        migrations.AddField(
            model_name='wish',
            name='contact_key',
            field=models.GeneratedField(db_persist=True, expression=onboarding.models.contact.AddressKey('contact_email'), output_field=KEY),
        ),
        migrations.AddField(
            model_name='accesslink',
            name='address',
            field=models.CharField(blank=True, help_text='It opens only what has this address, as compared; empty: it was mailed to none', max_length=254),
        ),
        migrations.AddField(
            model_name='accesslink',
            name='mail',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='link', to='onboarding.mail'),
        ),
        migrations.AddField(
            model_name='holder',
            name='address',
            field=models.CharField(blank=True, help_text='To which the link was mailed by which it came, as compared', max_length=254),
        ),
        migrations.AddIndex(
            model_name='onboardingrequest',
            index=models.Index(fields=['contact_key'], name='onboarding_contact_idx'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(fields=['to_key'], name='onboarding_mail_address_idx'),
        ),
        migrations.AddIndex(
            model_name='wish',
            index=models.Index(fields=['contact_key'], name='onboarding_wish_contact_idx'),
        ),
        migrations.RunPython(read_addresses, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='wish',
            constraint=models.UniqueConstraint(condition=models.Q(('contact_key', ''), _negated=True), fields=('type', 'manufacturer', 'contact_key'), name='onboarding_wish_unique'),
        ),
    ]
