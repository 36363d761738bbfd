files {
  dir = "../services.d"
}

service "web" {
  failover = ["dc2"]
  failback = "1m"
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
