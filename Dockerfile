# syntax=docker/dockerfile:1

# One static binary on an image that holds nothing else but certificates, time zones and an unprivileged user.
# There is no PostgreSQL in here: give the server one with SEGNO_DATABASE_URL. compose.yaml does.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/segno-web ./cmd/web \
 && mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/segno-web /segno-web
COPY --from=build --chown=65532:65532 /out/data /var/lib/segno
ENV SEGNO_ADDR=0.0.0.0:8080 \
    SEGNO_DATA=/var/lib/segno
USER 65532:65532
VOLUME /var/lib/segno
EXPOSE 8080
# The image has no curl: the binary asks its own /readyz.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["/segno-web", "--health"]
ENTRYPOINT ["/segno-web"]
