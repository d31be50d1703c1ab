"""The look of the portal, as staff change it."""

import hashlib
from dataclasses import asdict

from django.db import transaction

from . import brand
from .image_upload import Picture
from .models import Brand, Logo


def change_brand(row: Brand, pictures: dict[str, Picture | None]) -> None:
    """Store the brand. `pictures`: the logos that change, by the name of their field; None takes one away."""
    with transaction.atomic():
        for field, picture in pictures.items():
            setattr(row, field, picture and keep_picture(picture))
        row.save()
    brand.forget()


def keep_picture(picture: Picture) -> Logo:
    """Store a picture, unless the same one is there already."""
    sha256 = hashlib.sha256(picture.content).hexdigest()
    return Logo.objects.get_or_create(sha256=sha256, defaults=asdict(picture))[0]
