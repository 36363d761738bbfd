consul {
  address = "unix:///run/consul.sock"
  tls {
    server_name = "server.dc1.consul"
  }
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
