"""What workers do with each row of a file of invitations: check it, and later invite whom it names. Each once."""

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from onboarding.catalogue import catalogue
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.help_texts import type_help
from onboarding.intake import invitations
from onboarding.intake.invitation_csv import column_of
from onboarding.intake.invitation_models import Invitation
from onboarding.intake.invite_form import MAIL, InviteForm
from onboarding.lib.folding import searchable
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest

from .invitation_file_models import InvitationRow

type Remarks = list[list[str]]

Outcome = InvitationRow.Outcome


def check_row(row: InvitationRow, *, by: str) -> bool:
    """Find out, by the rules of the desk's own form, whether a row can be invited. False when that was done before."""
    if row.outcome != Outcome.WAITING:
        return False
    with translation.override(row.file.language):
        form = _form_of(row)
        wrong, asked = [*row.remarks, *_errors(form)], [*_questions(form), *_invited_before(row)]
    row.outcome = Outcome.WRONG if wrong else Outcome.ASKED if asked else Outcome.READY
    row.remarks = wrong or asked
    row.save(update_fields=["outcome", "remarks"])
    return True


def invite_row(row: InvitationRow, *, by: str) -> bool:
    """Prepare the request of a row, and mail its link where that is wanted. False when there is nothing to invite to.

    What is unusual about an `ASKED` one was confirmed by whoever let it be invited; not what happened since.
    """
    if row.outcome not in {Outcome.READY, Outcome.ASKED}:
        return False
    with translation.override(row.file.language):
        form = _form_of(row, is_confirmed=row.outcome == Outcome.ASKED)
        if problems := [*_errors(form), *_questions(form)]:
            return _close(row, Outcome.WRONG, remarks=problems)
        before = _invited_before(row)
        if any(remark not in row.remarks for remark in before):
            return _close(row, Outcome.LEFT_OUT, remarks=before)
        return _invite(row, form, by, key=row.key if before else row.mark)


def fail_row(key: int) -> None:
    """Note that our code failed at a row; nothing of what it did for it is left."""
    _close(InvitationRow.objects.get(pk=key), Outcome.FAILED)


def _invite(row: InvitationRow, form: InviteForm, by: str, *, key: str) -> bool:
    """Invite whom a row names. `key`: its mark, under which nobody is invited twice, unless that is wanted."""
    language = form.cleaned_data["language"] or settings.LANGUAGE_CODE
    request, is_new = invitations.prepare(
        *(form.fitted.answers, form.origin),
        by=by,
        key=key,
        language=language,
        catalogue=form.catalogue,
        confirmed=form.confirmed,
    )
    if not is_new:  # another file was faster
        return _close(row, Outcome.LEFT_OUT, remarks=_invited_before(row))
    if row.file.is_mailing and invitations.mail_invitation(request, by=by):
        return _close(row, Outcome.MAILED, request=request)
    full = [["contact_email", _("This mailbox got as many links as it may within an hour.")]]
    return _close(row, Outcome.PREPARED, request=request, remarks=full if row.file.is_mailing else [])


def _close(
    row: InvitationRow, outcome: Outcome, *, request: OnboardingRequest | None = None, remarks: Remarks | None = None
) -> bool:
    """Note what became of a row, and forget what it said. Tells whether there is a request now."""
    row.outcome, row.request, row.remarks, row.values, row.contact_key = outcome, request, remarks or [], {}, ""
    row.save(update_fields=["outcome", "request", "remarks", "values", "contact_key"])
    return request is not None


def _form_of(row: InvitationRow, *, is_confirmed: bool = False) -> InviteForm:
    """Fill in the desk's form, as a colleague would; `is_confirmed`: and press the button again when it asks."""
    offers = catalogue.load()
    data = MultiValueDict({name: [value] for name, value in row.values.items()})
    data["type"] = _type_named(data.get("type", ""), offers)
    data["language"] = data.get("language", "").lower()
    if row.file.is_mailing:
        data[MAIL] = "yes"
    form = InviteForm(data, catalogue=offers)
    if not form.is_valid() and is_confirmed and not form.errors:
        data.setlist("confirmed", form.confirming)
        form = InviteForm(data, catalogue=offers)
        form.is_valid()
    return form


def _type_named(word: str, offers: Catalogue) -> str:
    """Return the type that is called this, by the platform or by us."""
    return next((kind for kind in offers.types if searchable(word) == searchable(str(type_help(kind).name))), word)


def _errors(form: InviteForm) -> Remarks:
    """Say column by column what is wrong; where a sentence quotes what was given, it is masked."""
    given = {str(value) for value in form.data.values() if value}
    said = [(name, str(message)) for name in ("__all__", *form.fields) for message in form.errors.get(name, [])]
    return [
        [column_of(name).removeprefix("__all__"), scrub(words, None) if any(one in words for one in given) else words]
        for name, words in said
    ]


def _questions(form: InviteForm) -> Remarks:
    return [[name, scrub(str(words), None)] for name, words in form.questions.items()]


def _invited_before(row: InvitationRow) -> Remarks:
    before = Invitation.objects.select_related("request").filter(key=row.mark).first()
    if before is None:
        return []
    words = _("Invited before, on %(day)s: %(code)s.")
    day = formats.date_format(timezone.localtime(before.created_at), "SHORT_DATE_FORMAT")
    return [["", words % {"day": day, "code": before.request.spoken_support_code}]]
