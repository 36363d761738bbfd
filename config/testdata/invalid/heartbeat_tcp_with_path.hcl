service "web" {
  heartbeat {
    type   = "tcp"
    path   = "/health"
    expect = "up"
  }
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
