process "weir" {}

service "web" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
