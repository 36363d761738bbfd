consul {
  token_file    = "empty.hcl"
  snapshot_file = "files_two_uses.hcl"
}

process {
  pid_file = "empty.hcl"
}

service "web" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
