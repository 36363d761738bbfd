log {
  format = "json"
}

service "web" {}

listener "more" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
