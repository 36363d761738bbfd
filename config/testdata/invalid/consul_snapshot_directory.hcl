consul {
  snapshot_file = "../services.d"
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
