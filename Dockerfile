# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /src
ENV PIP_CONSTRAINT=/src/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY constraints.txt pyproject.toml README.md ./
COPY gateway ./gateway
COPY mappings ./mappings
RUN python -m venv /opt/gateway && /opt/gateway/bin/pip install .

FROM python:3.11-slim
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# numeric, so that an orchestrator can see that it is not root; nothing is written, the root file system may be read-only
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["scim-nevisidm"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
