service "web" {
  connect_timeout = "0s"

  heartbeat {
    interval = 5
    timeout  = "soon"
  }
}

service "api" {
  connect_timeout = "-1s"

  heartbeat {
    interval = "1ms"
    timeout  = ""
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
