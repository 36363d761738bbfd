service "web" {
  retries = 11

  heartbeat {
    port = 65536
    rise = 0
    fall = -1
  }
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
