log {
  level = "debug"
}

service "web" {}

listener "web" {
  bind    = "0.0.0.0:8080"
  service = "web"
}
