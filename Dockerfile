# Two images: `--target service` answers questions, `--target indexer` builds what it answers from.
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS wheel
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY indexer indexer
COPY service service
COPY seeds seeds
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:${PYTHON} AS service-packages
ARG EXTRAS=""
COPY constraints.txt service/deploy/install.sh /
COPY --from=wheel /wheels /wheels
RUN /install.sh /wheels /app "${EXTRAS}"

FROM python:${PYTHON} AS indexer-packages
# Without this index, torch comes with libraries for graphics cards: some gigabytes.
ARG TORCH=torch==2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY constraints.txt service/deploy/install.sh /
COPY --from=wheel /wheels /wheels
RUN /install.sh /wheels /app indexer --index "${TORCH_INDEX}" "${TORCH}"

FROM python:${PYTHON} AS image
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin episodes \
  && install --directory --owner episodes /snapshots
# The file system may be read-only: only /snapshots and /tmp are written to.
ENV PATH=/app/bin:$PATH \
  PYTHONDONTWRITEBYTECODE=1 \
  EPISODE_SEARCH_SNAPSHOTS=/snapshots \
  XDG_CACHE_HOME=/tmp
USER 10001
WORKDIR /snapshots
VOLUME /snapshots

FROM image AS indexer
COPY --from=indexer-packages /app /app
ENTRYPOINT ["episode-search"]
CMD ["watch"]

FROM image AS service
COPY --from=service-packages /app /app
ENV EPISODE_SEARCH_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
  "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["python", "-m", "service"]
