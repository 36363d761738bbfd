service "web" {
  heartbeat {
    path = "health"
  }
}

service "api" {
  heartbeat {
    path = "http://127.0.0.1/health"
  }
}

service "db" {
  heartbeat {
    path   = "/is it up"
    expect = " up "
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
