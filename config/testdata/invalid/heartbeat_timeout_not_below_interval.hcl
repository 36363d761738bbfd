service "web" {
  heartbeat {
    timeout  = "2s"
    interval = "2s"
  }
}

service "api" {
  heartbeat {
    interval = "500ms"
  }
}

service "db" {
  heartbeat {
    timeout = "3s"
  }
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
  bind    = "127.0.0.1:5432"
  service = "db"
}
