# weir's configuration, with every key and its default. It works as it is with a
# Consul agent on this machine that knows a service "web". Left out, a key has the
# value shown; only bind and service of a listener must be given.
#
# Any value can come from the environment: env("NAME"), or env("NAME", "default").
# Relative paths start from this file's directory.

log {
  level  = "info" # trace, debug, info, warn, error
  format = "text" # text, json
}

# The catalog. An empty text is as good as none: then the variable that the consul
# command has for the key is used, if set: CONSUL_HTTP_ADDR, CONSUL_HTTP_SSL,
# CONSUL_HTTP_SSL_VERIFY, CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE, CONSUL_NAMESPACE,
# CONSUL_PARTITION, CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY,
# CONSUL_TLS_SERVER_NAME.
consul {
  address    = "127.0.0.1:8500" # https://HOST:8501 for TLS, unix:///PATH for a socket
  token      = ""
  token_file = ""               # instead of token; read at start
  datacenter = ""               # empty, as the next two: the agent's own
  namespace  = ""
  partition  = ""

  tls {                          # for an https address
    ca_file              = ""    # empty: the system's certificate authorities
    cert_file            = ""    # the client's certificate, and
    key_file             = ""    # its key: both or none
    server_name          = ""    # needed when the address is an IP that the certificate lacks
    insecure_skip_verify = false # true: believe any server; for trials only
  }
}

# Instead of consul {}: a folder of Consul service-definition files, watched.
#
# files {
#   dir = "services.d"
# }

# A service; the label is its name in Consul. An empty block is enough.
service "web" {
  tags            = []                     # only instances that bear all of these
  filter          = ""                     # a Consul filter: "Service.Meta.version == v2"
  healthy_when    = "both"                 # both, or only one of: catalog, heartbeat
  balance         = "weighted_round_robin" # by the weights in Consul
  connect_timeout = "1s"                   # to one instance
  retries         = 2                      # other instances tried when a connect fails

  # weir's own check of each instance. Left out: the catalog decides alone.
  heartbeat {
    type     = "http"    # http, or tcp: only connect
    path     = "/health" # for http
    expect   = ""        # the exact answer, such as "up"; empty: any with status 2xx
    port     = 0         # 0: the instance's own
    interval = "2s"
    timeout  = "1s"      # below interval
    rise     = 1         # successes in a row to come up
    fall     = 3         # failures in a row to go down
  }
}

# An address to listen on, and the service behind it; at least one.
listener "web" {
  bind    = "0.0.0.0:8080" # an IP address and a port; ":8080": all addresses, IPv6 too
  service = "web"
}
