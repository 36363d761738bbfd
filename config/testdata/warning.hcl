consul {
  address       = "https://127.0.0.1:8501"
  token_file    = "no-such-token"
  snapshot_file = "no-such-directory/weir.snapshot"

  tls {
    ca_file = "no-such-ca.pem"
  }
}

process {
  pid_file = "no-such-directory/weir.pid"
}

service "web" {}

service "spare" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "socket" {
  bind    = "unix:/no-such-directory/weir.sock"
  service = "web"
}
