service "web" {
  filter = "Service.Meta.version = \"v2\""
}

service "api" {
  filter = "Service.Meta.version == v2 and"
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "api" {
  bind    = "127.0.0.1:8081"
  service = "api"
}
