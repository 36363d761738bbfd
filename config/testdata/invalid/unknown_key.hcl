service "web" {
  drain = "30s"
}

listener "web" {
  bind            = "127.0.0.1:8080"
  service         = "web"
  max_connections = 100
}

retries = 3
