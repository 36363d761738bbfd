service "web" {
  drain                        = "-1s"
  on_unhealthy                 = "reset"
  proxy_protocol               = "v3"
  max_connections_per_instance = -1
}

service "types" {
  drain                        = "10"
  on_unhealthy                 = true
  proxy_protocol               = 2
  max_connections_per_instance = 1.5
}

service "more" {
  drain = "999999h"
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "types" {
  bind    = "127.0.0.1:8081"
  service = "types"
}

listener "more" {
  bind    = "127.0.0.1:8082"
  service = "more"
}
