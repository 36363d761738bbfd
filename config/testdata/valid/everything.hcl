log {
  level  = "debug"
  format = "json"
}

consul {
  address    = "https://consul.example.com:8501/prefix"
  token      = "5f1c-secret"
  datacenter = "dc2"
  namespace  = "shop"
  partition  = "east"

  snapshot_file    = "weir.snapshot"
  snapshot_max_age = "90m"

  tls {
    ca_file              = "smallest.hcl"
    cert_file            = "everything.hcl"
    key_file             = "files.hcl"
    server_name          = "server.dc2.consul"
    insecure_skip_verify = true
  }
}

process {
  max_connections = 5000
  shutdown_delay  = "5s"
  shutdown_grace  = "forever"
  upgrade_grace   = "2h"
  pid_file        = "weir.pid"
}

service "web" {
  tags            = ["blue", "v2"]
  filter          = "Service.Meta.version == \"v2\" and not Checks.Status == critical"
  healthy_when    = "heartbeat"
  balance         = "weighted_round_robin"
  connect_timeout = "250ms"
  retries         = 0
  drain           = "10m"
  on_unhealthy    = "close"
  proxy_protocol  = "v2"
  on_empty        = "hold"
  empty_hold      = "45s"
  panic_threshold = 30
  failover        = ["dc3", "dc1"]
  failback        = "0s"

  max_connections_per_instance = 200

  heartbeat {
    type     = "http"
    path     = "/up?deep=1"
    expect   = "up"
    port     = 9000
    interval = "5s"
    timeout  = "1500ms"
    rise     = 2
    fall     = 4
  }
}

service "db" {
  healthy_when   = "catalog"
  on_empty       = "apply"
  empty_hold     = "2m"
  drain          = "0s"
  proxy_protocol = "v1"

  heartbeat {
    type = "tcp"
  }
}

listener "web" {
  bind    = "0.0.0.0:8080"
  service = "web"
}

listener "web6" {
  bind    = "[::1]:9090"
  service = "web"

  max_connections            = 4000
  max_connections_per_client = 30
  when_full                  = "close"
  idle_timeout               = "15m"
  max_lifetime               = "12h"
  half_close_timeout         = "30s"
  keepalive                  = "0s"
}

listener "db" {
  bind    = "127.0.0.1:5432"
  service = "db"
}

listener "any" {
  bind    = "127.0.0.1:0"
  service = "db"
}

listener "any2" {
  bind    = ":0"
  service = "db"
}

listener "local" {
  bind    = "unix:/tmp/weir-everything.sock"
  service = "db"

  when_full          = "close"
  half_close_timeout = "0s"
  keepalive          = "32767s"
}

listener "link" {
  bind    = "[fe80::1%eth0]:9091"
  service = "db"
}
