consul {
  address = ["127.0.0.1:8500"]
  tls {
    insecure_skip_verify = "yes"
  }
}

service "web" {
  tags    = "blue"
  retries = 1.5

  heartbeat {
    rise = "often"
    fall = true
    port = [8080]
  }
}

listener "web" {
  bind    = { port = 8080 }
  service = ["web"]
}
