# One image for every process of Dunnock; the command says which: `docker run dunnock dunnock web`.
FROM python:3.11-bookworm AS build
WORKDIR /opt/dunnock
RUN python -m venv /opt/venv
COPY requirements.lock .
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/dunnock dunnock
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/dunnock
COPY pyproject.toml ./
COPY agents agents
COPY api api
COPY connectors connectors
COPY domain domain
COPY dunnock dunnock
COPY runtime runtime
COPY simulators simulators
COPY streams streams
COPY tables tables
COPY deploy/healthcheck deploy/healthcheck
# Editable, so that templates, migrations and policies are read from where they are.
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index -e .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DUNNOCK_LISTEN_HOST=0.0.0.0 \
    DUNNOCK_DATA_DIR=/var/lib/dunnock/data
USER dunnock
RUN mkdir -p /var/lib/dunnock/data
HEALTHCHECK --interval=2s --timeout=3s --start-period=60s --retries=15 CMD ["deploy/healthcheck"]
CMD ["dunnock", "--help"]
