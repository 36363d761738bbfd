consul {
  snapshot_file = "../invalid/snapshot.hcl"
}

service "web" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
