consul {
  snapshot_max_age = "1h"
}

process {
  max_connections = 1000
}

service "web" {
  on_empty   = "apply"
  empty_hold = "5m"
  failback   = "1m"

  max_connections_per_instance = 1001
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"

  max_connections    = 1001
  idle_timeout       = "2m"
  max_lifetime       = "1m"
  half_close_timeout = "90s"
}

listener "shared" {
  bind    = "127.0.0.1:8081"
  service = "web"

  max_connections            = 10
  max_connections_per_client = 11
  idle_timeout               = "10s"
  half_close_timeout         = "11s"
}

listener "open" {
  bind    = "127.0.0.1:8082"
  service = "web"

  max_connections_per_client = 1001
}

listener "socket" {
  bind    = "unix:/tmp/weir-web.sock"
  service = "web"

  max_connections_per_client = 1
}
