process {
  shutdown_grace = "1m"
}

process {
  pid_file = "weir.pid"
}

service "web" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
