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

service "web" {
  tags            = ["blue", "v2"]
  filter          = "Service.Meta.version == \"v2\" and not Checks.Status == critical"
  healthy_when    = "heartbeat"
  balance         = "weighted_round_robin"
  connect_timeout = "250ms"
  retries         = 0
  on_empty        = "hold"
  empty_hold      = "45s"
  panic_threshold = 30
  failover        = ["dc3", "dc1"]
  failback        = "0s"

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
  healthy_when = "catalog"
  on_empty     = "apply"
  empty_hold   = "2m"

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
