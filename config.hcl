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
  token_file = ""               # instead of token; followed: a new one is used at once
  datacenter = ""               # empty, as the next two: the agent's own
  namespace  = ""
  partition  = ""

  snapshot_file    = ""    # the last known good sets on disk, for a start while Consul is silent
  snapshot_max_age = "24h" # an older one is not used

  tls {                          # for an https address; its files are followed too
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

# All of weir.
process {
  max_connections = 0         # at a time; 0: as many as the limit of open files allows, which is the most anyway
  shutdown_delay  = "0s"      # on SIGTERM or SIGINT, until the listeners close
  shutdown_grace  = "30s"     # from then on, for live connections: a time, or "forever"
  upgrade_grace   = "forever" # the same for the old process after an upgrade
  pid_file        = ""        # where weir reload and weir upgrade find it; PID_FILE.result tells how the last one went
}

# A service; the label is its name in Consul. An empty block is enough.
service "web" {
  tags            = []                     # only instances that bear all of these
  filter          = ""                     # a Consul filter: "Service.Meta.version == v2"
  healthy_when    = "both"                 # both, or only one of: catalog, heartbeat
  balance         = "weighted_round_robin" # by the weights in Consul
  connect_timeout = "1s"                   # to one instance
  retries         = 2                      # other instances tried when a connect fails
  drain           = "forever"              # for live connections of an instance removed, in maintenance or at weight 0: a time, or "forever"
  on_unhealthy    = "keep"                 # keep, or close: live connections of an instance that is unhealthy
  proxy_protocol  = ""                     # v1 or v2: tell the instances the client's address in such a header; empty: no
  on_empty        = "hold"                 # hold, or apply: when most instances vanish from the catalog at once
  empty_hold      = "2m"                   # how long they are held until the catalog is believed
  panic_threshold = 0                      # fewer percent eligible: all with a verdict are used; 0: when none is
  failover        = []                     # datacenters for when the local one has no eligible instance, in order
  failback        = "30s"                  # how long a better datacenter must be good before it is used again

  max_connections_per_instance = 0 # at a time, then an instance is skipped; 0: any number

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
  bind    = "0.0.0.0:8080" # an IP address and a port; ":8080": all addresses, IPv6 too; "unix:web.sock": a Unix socket
  service = "web"

  max_connections            = 0      # at a time; 0, as the next: no limit but that of process
  max_connections_per_client = 0      # by source address, IPv6 by /64; those beyond are reset
  when_full                  = "wait" # wait (in the kernel's queue), or close: clients for whom there is no room

  # A connection that reaches one of these times is reset on both sides. "0s": none.
  idle_timeout       = "0s"  # without a byte in either direction
  max_lifetime       = "0s"  # up to a tenth less, at random
  half_close_timeout = "1h"  # without a byte once one side has ended
  keepalive          = "60s" # TCP keep-alive on both sides: after so long, then every 15 s, 4 times; "0s": off
}
