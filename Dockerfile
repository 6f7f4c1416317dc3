# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /src
ENV PIP_CONSTRAINT=/src/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY constraints.txt pyproject.toml README.md ./
COPY gateway ./gateway
COPY mappings ./mappings
RUN mkdir -p /var/lib/scim-nevisidm && python -m venv /opt/gateway && /opt/gateway/bin/pip install '.[otlp,redis]'

FROM python:3.11-slim
COPY --from=build /opt/gateway /opt/gateway
# where a volume for the audit log and the journal is mounted: a new one takes over whose it is
COPY --from=build --chown=10001:10001 /var/lib/scim-nevisidm /var/lib/scim-nevisidm
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# the admin port, for the health check inside and, with the host 0.0.0.0, for an orchestrator's probes
ENV GATEWAY_ADMIN__PORT=9090 GATEWAY_STOP__DRAIN_SECONDS=5
# numeric, so that an orchestrator can see that it is not root; nothing is written, the root file system may be read-only
USER 10001:10001
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["scim-nevisidm", "ready", "--url", "http://127.0.0.1:9090"]
ENTRYPOINT ["scim-nevisidm"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
