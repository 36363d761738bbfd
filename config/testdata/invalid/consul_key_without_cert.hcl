consul {
  address = "https://127.0.0.1:8501"
  tls {
    key_file = "log.hcl"
  }
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
