consul {
  snapshot_file    = "weir.snapshot"
  snapshot_max_age = "59s"
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
