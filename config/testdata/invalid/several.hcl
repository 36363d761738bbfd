log {
  level = "inof"
}

service "web" {
  helthy_when = "both"
  retries     = 99

  heartbeat {
    interval = "2 s"
    rise     = 0
  }
}

listener "web" {
  bind    = "localhost:8080"
  service = "wbe"
}
