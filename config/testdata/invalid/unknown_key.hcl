service "web" {
  sticky          = true
  max_connections = 10
}

listener "web" {
  bind            = "127.0.0.1:8080"
  service         = "web"
  backlog         = 100
}

retries = 3
