FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /build
COPY requirements/uv.lock requirements/djirgo.lock requirements/
RUN python -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir --require-hashes -r requirements/uv.lock \
    && python -m venv --without-pip /opt/djirgo \
    && /opt/uv/bin/uv pip install --no-cache --python /opt/djirgo/bin/python --no-deps --require-hashes -r requirements/djirgo.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/uv/bin/uv pip install --no-cache --python /opt/djirgo/bin/python --no-deps . \
    && DJIRGO_DATA_DIR=/tmp/build DJIRGO_STATIC_DIR=/opt/djirgo/static \
       /opt/djirgo/bin/djirgo collectstatic --no-input --verbosity 0

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Djirgo" \
      org.opencontainers.image.description="A self-hosted task board that is also a durable work queue" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin djirgo \
    && install -d -o djirgo -g djirgo -m 0700 /data
COPY --from=build /opt/djirgo /opt/djirgo
COPY docker/entrypoint docker/make-credentials /usr/local/bin/
ENV PATH=/opt/djirgo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJIRGO_DATA_DIR=/data \
    DJIRGO_HOST=0.0.0.0 \
    DJIRGO_STATIC_DIR=/opt/djirgo/static
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["entrypoint"]
CMD ["djirgo", "up"]
