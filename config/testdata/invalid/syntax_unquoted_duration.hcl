service "web" {
  connect_timeout = 2s
}

listener "web" {
  bind    = 0.0.0.0:8080
  service = "web"
}
