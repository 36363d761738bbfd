files {
  dir = "services.d"
}

service "web" {
  on_unhealthy = "close"
}

service "api" {
  healthy_when = "catalog"
  on_unhealthy = "close"

  heartbeat {}
}

service "db" {
  on_unhealthy = "close"

  heartbeat {}
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "api" {
  bind    = "127.0.0.1:8081"
  service = "api"
}

listener "db" {
  bind    = "127.0.0.1:8082"
  service = "db"
}
