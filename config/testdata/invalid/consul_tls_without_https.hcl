consul {
  address = "10.0.0.5:8501"
  tls {
    ca_file              = "ca.pem"
    cert_file            = "cert.pem"
    key_file             = "key.pem"
    insecure_skip_verify = true
  }
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
