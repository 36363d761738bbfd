service "web" {
  retrys = 1

  heartbeat {
    intervall = "2s"
  }
}

listener "web" {
  bnd     = "127.0.0.1:8080"
  service = "web"
}
