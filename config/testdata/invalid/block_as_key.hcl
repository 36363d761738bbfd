service "web" {
  healthy_when = "heartbeat"
  heartbeat    = { interval = "1s" }
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
