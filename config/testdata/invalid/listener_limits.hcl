service "web" {}

listener "web" {
  bind                       = "127.0.0.1:8080"
  service                    = "web"
  max_connections            = -1
  max_connections_per_client = 10000001
}

listener "types" {
  bind                       = "127.0.0.1:8081"
  service                    = "web"
  max_connections            = "many"
  max_connections_per_client = [3]
  when_full                  = ["wait"]
}
