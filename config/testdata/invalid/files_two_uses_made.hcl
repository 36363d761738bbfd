consul {
  address       = "unix:///tmp/weir-consul.sock"
  snapshot_file = "weir.pid.result"
}

process {
  pid_file = "weir.pid"
}

service "web" {}

listener "web" {
  bind    = "unix:/tmp/weir-consul.sock"
  service = "web"
}
