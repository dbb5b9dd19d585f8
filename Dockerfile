# The image that serves Wardrobe (docs/containers.md).
#
#   docker build --tag wardrobe .                                  serves; 0.8 GB
#   docker build --tag wardrobe --build-arg DEPENDENCIES=full .    torch too: heatmaps, training
#   docker build --tag wardrobe --build-arg WEIGHTS=none .         no weights: ENCODER is a volume
#   docker build --tag wardrobe-web --target web .                 nginx with the page
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
ARG NODE_IMAGE=docker.io/library/node:20-bookworm-slim
ARG NGINX_IMAGE=docker.io/nginxinc/nginx-unprivileged:1.28-bookworm
ARG DEPENDENCIES=serve
ARG WEIGHTS=shipped

# --- the page ---
FROM ${NODE_IMAGE} AS page
ARG NPM_REGISTRY
WORKDIR /page
COPY frontend/package.json frontend/package-lock.json ./
ENV NPM_CONFIG_UPDATE_NOTIFIER=false
RUN npm ci --no-audit --no-fund ${NPM_REGISTRY:+--registry "$NPM_REGISTRY"}
COPY frontend/ ./
RUN npm run build
COPY deploy/image/page_bill.mjs ./
RUN npm sbom --omit dev --sbom-format cyclonedx > npm.json && node page_bill.mjs npm.json > bill.json

# --- Python packages, each pinned by hash ---
FROM ${PYTHON_IMAGE} AS python
ARG PIP_INDEX_URL
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 \
    PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python3 -m venv /opt/venv
COPY deploy/image/*.lock ./

FROM python AS dependencies-serve
RUN pip uninstall --quiet --yes setuptools \
    && pip install --no-deps --require-hashes --requirement serve.lock && pip check

FROM python AS dependencies-full
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-deps --require-hashes --index-url "$TORCH_INDEX" --requirement torch.lock \
    && pip install --no-deps --require-hashes --requirement full.lock

# What serves has no installer. Compiled by content, not by time, so that every build is the same.
# hadolint ignore=DL3006
FROM dependencies-${DEPENDENCIES} AS dependencies
RUN pip uninstall --quiet --yes pip \
    && rm -rf /opt/venv/include /opt/venv/lib/python3.*/site-packages/*/include \
        /opt/venv/bin/__pycache__ \
    && python -m compileall -q -j 1 --invalidation-mode unchecked-hash /opt/venv/lib

# --- the checkpoint, and its networks, exported here so that no start has to and needs torch ---
FROM dependencies-full AS weights-shipped
COPY wardrobe/ wardrobe/
COPY models/ /weights/models/
RUN python -c "from pathlib import Path; from wardrobe.encoders.networks import load_networks; \
load_networks(Path('/weights/models/wardrobe-base'), Path('/weights/networks'))"

FROM python AS weights-none
RUN mkdir -p /weights/models /weights/networks

# hadolint ignore=DL3006
FROM weights-${WEIGHTS} AS weights

# --- the application, compiled, with the page ---
FROM dependencies AS application
WORKDIR /app
COPY --from=page /page/dist/ frontend/dist/
COPY server.py gunicorn.conf.py LICENSE MODEL_CARD.md ./
COPY wardrobe/ wardrobe/
COPY --chmod=755 deploy/image/wardrobe /opt/bin/wardrobe
RUN python -m compileall -q -j 1 --invalidation-mode unchecked-hash .

# --- what is in the image: bill of materials, licences ---
FROM python AS supply
RUN python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-deps --require-hashes --requirement tools.lock \
    && rm -r /opt/venv
COPY --from=dependencies /opt/venv/ /opt/venv/
COPY pyproject.toml ./
WORKDIR /supply
RUN /opt/tools/bin/cyclonedx-py environment --pyproject /build/pyproject.toml --output-reproducible \
        --output-file python.cdx.json /opt/venv/bin/python \
    && /opt/tools/bin/pip-licenses --python /opt/venv/bin/python --with-urls --format csv \
        --output-file licences.csv
COPY --from=page /page/bill.json page.cdx.json

# --- an init of its own, without what apt leaves behind ---
FROM ${PYTHON_IMAGE} AS init
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends tini

# --- nginx with the page, for docker-compose.yml ---
FROM ${NGINX_IMAGE} AS web
COPY --from=page /page/dist/ /usr/share/nginx/html/

# --- what runs ---
FROM ${PYTHON_IMAGE} AS runtime
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Wardrobe" \
      org.opencontainers.image.description="Tags pictures of clothing and finds similar ones" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
RUN echo 'wardrobe:x:10001:10001::/tmp:/usr/sbin/nologin' >> /etc/passwd \
    && echo 'wardrobe:x:10001:' >> /etc/group \
    && install --directory --owner 10001 --group 10001 state indexes
COPY --from=init /usr/bin/tini-static /usr/bin/tini
COPY --from=dependencies /opt/venv/ /opt/venv/
COPY --from=weights /weights/ ./
COPY --from=supply /supply/ /usr/share/doc/wardrobe/
COPY --from=application /opt/bin/ /usr/local/bin/
COPY --from=application /app/ ./
# Reading asks for a key: others reach a container.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    HOST=0.0.0.0 PORT=8000 OPEN_READING=false
USER 10001:10001
EXPOSE 8000
VOLUME ["/app/state", "/app/indexes", "/tmp"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["gunicorn"]
