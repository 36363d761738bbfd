process {
  max_connections = "half"
  shutdown_delay  = -1
  shutdown_grace  = 30
  upgrade_grace   = ["forever"]
  pid_file        = {}
}

service "web" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
