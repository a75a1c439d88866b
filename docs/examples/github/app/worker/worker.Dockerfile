ARG BASE_IMAGE=public.ecr.aws/docker/library/python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
ARG LOG_LEVEL=warning
ENV LOG_LEVEL=${LOG_LEVEL}
WORKDIR /srv
COPY index.html ./
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["python3", "-m", "http.server", "8080"]
