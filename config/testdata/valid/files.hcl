files {
  dir = "../services.d"
}

service "web" {
  heartbeat {}
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "local" {
  bind    = "[::ffff:127.0.0.2]:8080"
  service = "web"
}
