# The bot in a container: no compiler, no root, nothing to write outside /srv/kling/data and /tmp.
# An image that contains the pinned `av` wheel contains x264 and x265, which are GPL. Building and running it is
# fine; if you publish it, the GPL applies to it: offer the corresponding source as well.
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/kling \
    && /opt/kling/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock \
    && /opt/kling/bin/pip uninstall -y pip
COPY bot /opt/kling/app/bot
COPY cogs /opt/kling/app/cogs
COPY storage /opt/kling/app/storage
COPY sandbox /opt/kling/app/sandbox
RUN /opt/kling/bin/python -m compileall -q /opt/kling/app

FROM python:${PYTHON}
# --build-arg POSTGRESQL_CLIENT=1 adds pg_dump, pg_restore and psql for `backup` and `restore` with PostgreSQL.
ARG POSTGRESQL_CLIENT=
RUN if [ -n "$POSTGRESQL_CLIENT" ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends postgresql-client \
        && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin kling \
    && install -d -o kling -g kling -m 0700 /srv/kling/data
COPY --from=build /opt/kling /opt/kling
ENV PATH=/opt/kling/bin:$PATH \
    PYTHONPATH=/opt/kling/app \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# config.toml, catalogue.toml and .env are read from here; data/kling.db is below it.
WORKDIR /srv/kling
VOLUME ["/srv/kling/data"]
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=15s --start-period=60s --retries=3 CMD ["python", "-m", "bot.web.probe"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
