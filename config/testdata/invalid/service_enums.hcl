service "web" {
  healthy_when = "heartbeats"
  balance      = "least_connections"

  heartbeat {
    type = "https"
  }
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
