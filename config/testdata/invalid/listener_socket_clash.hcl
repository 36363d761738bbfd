service "web" {}

listener "l1" {
  bind    = "unix:/tmp/weir-web.sock"
  service = "web"
}

listener "l2" {
  bind    = "unix:/tmp/../tmp//weir-web.sock"
  service = "web"
}

listener "l3" {
  bind    = "unix:/tmp/weir-web2.sock"
  service = "web"
}
