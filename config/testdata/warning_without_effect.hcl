consul {
  snapshot_max_age = "1h"
}

service "web" {
  on_empty   = "apply"
  empty_hold = "5m"
  failback   = "1m"
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
