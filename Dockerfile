# The portal's image, for web and worker alike: docker build -t realto-portal .
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --require-hashes -r requirements.lock
COPY . .
# Static files get their hashed names here; no secret is needed for that, and none is in the image.
RUN LOCAL=true /venv/bin/python manage.py collectstatic --noinput -v0 \
    && rm -rf var \
    && /venv/bin/python -m compileall -q .

FROM python:3.13-slim-bookworm
# Nothing is written into the image's files: it may run with a read-only file system, as deploy/compose.yaml does.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin portal
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "bin/healthcheck"]
CMD ["gunicorn", "realto_portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm"]
