process {
  max_connections = 1000
  pid_file        = ".weir.hcl"
}

service "web" {
  on_unhealthy = "close"

  max_connections_per_instance = 1000
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"

  max_connections            = 1000
  max_connections_per_client = 1000
  when_full                  = "close"
  idle_timeout               = "1m"
  max_lifetime               = "1m"
}

listener "api" {
  bind    = "127.0.0.1:8081"
  service = "web"

  max_connections_per_client = 1000
  idle_timeout               = "100ms"
  half_close_timeout         = "1h"
}
