log {
  level = "debug"
}

log {
  level = "info"
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
