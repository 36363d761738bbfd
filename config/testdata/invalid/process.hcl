process {
  max_connections = -1
  shutdown_delay  = "forever"
  shutdown_grace  = "for ever"
  upgrade_grace   = "-1ns"
  pid_file        = "../services.d"
}

service "web" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
