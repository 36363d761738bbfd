# weir alone: one static binary and the certificates to trust a Consul behind TLS with.

FROM golang:1.26.8-bookworm AS build

# Behind a module proxy: docker build --build-arg GOPROXY=...
ARG GOPROXY
ARG GOFLAGS
# There is no .git in here to read the version from.
ARG VERSION=container

WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -pgo=cmd/weir/weir.pgo -trimpath -ldflags "-X main.version=$VERSION" -o /weir ./cmd/weir

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /weir /weir
# A number, since there is no /etc/passwd: so Kubernetes can tell that it isn't root.
USER 65532:65532
ENTRYPOINT ["/weir"]
CMD ["run", "--config", "/etc/weir/config.hcl"]
