servcie "web" {
  healthy_when = "heartbeat"
}

service "api" {
  healthy_when = "heartbeat"

  heartbeet {
    type = "tcp"
  }
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
