# Two stages: the first installs the locked packages and the wheel into /opt/syndicator, the
# second has that folder and nothing to build with.
FROM python:3.13-slim-bookworm AS build

WORKDIR /src
# The program's own environment has no pip: what is not there cannot be used by an intruder.
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/syndicator
COPY requirements.txt requirements-build.txt ./
# Wheels only, so that a missing one is said and no compiler is wanted; feedgen has none to offer.
RUN /build/bin/pip --python /opt/syndicator/bin/python install --no-cache-dir --require-hashes \
        --only-binary :all: --no-binary feedgen -r requirements.txt \
    && /build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY LICENSES LICENSES
COPY config config
COPY templates templates
COPY syndicator syndicator
RUN /build/bin/python -m hatchling build --target wheel --directory /dist \
    && /build/bin/pip --python /opt/syndicator/bin/python install --no-cache-dir --no-deps --no-index \
        /dist/*.whl


FROM python:3.13-slim-bookworm

# No installer either: this program fetches other people's bytes all day.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip* \
        /usr/local/lib/python3.*/ensurepip \
    && useradd --system --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin syndicator \
    && install --directory --owner 10001 --mode 0750 /data
COPY --from=build /opt/syndicator /opt/syndicator
ENV PATH=/opt/syndicator/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SYNDICATOR_DATA=/data \
    SYNDICATOR_LISTEN=0.0.0.0:8000
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Asks where SYNDICATOR_LISTEN says, so that another port is not taken for an ill program.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "syndicator.alive"]
ENTRYPOINT ["syndicator"]
CMD ["run"]
