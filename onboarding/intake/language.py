"""The language in which customers hear from us."""

from django.db import transaction
from django.db.models import QuerySet

from onboarding.mail.models import Mail
from onboarding.request.models import OnboardingRequest


@transaction.atomic
def set_language(requests: QuerySet[OnboardingRequest], language: str) -> None:
    """Write about these requests in this language from now on, also the mails that wait to be sent."""
    keys = list(requests.select_for_update().order_by("-pk").values_list("pk", flat=True))
    OnboardingRequest.objects.filter(pk__in=keys).update(language=language)
    Mail.objects.filter(request__in=keys, sent_at=None).update(language=language)
