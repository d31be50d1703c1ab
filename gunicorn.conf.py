"""What gunicorn reads by itself from the folder it is started in."""

from gunicorn.http import wsgi


class NamelessResponse(wsgi.Response):
    """An answer that does not say which server wrote it: gunicorn has no setting for that."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


wsgi.Response = NamelessResponse
