files {
  dir = "../services.d"
}

process {
  pid_file = "../services.d/weir.json"
}

service "web" {}

listener "web" {
  bind    = "unix:/tmp/weir.sock"
  service = "web"
}
