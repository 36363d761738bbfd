service "web" {}

listener "l1" {
  bind    = "unix:"
  service = "web"
}

listener "l2" {
  bind    = "unix:@web"
  service = "web"
}

listener "l3" {
  bind    = "unix://run/web.sock"
  service = "web"
}

listener "l4" {
  bind    = "unix:/run/we\u0000b.sock"
  service = "web"
}

listener "l5" {
  bind    = "unix:/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/web.sock"
  service = "web"
}

listener "l6" {
  bind    = "unix:../services.d"
  service = "web"
}

listener "l7" {
  bind    = "unix:no-such/"
  service = "web"
}

listener "l8" {
  bind    = "unix:listener_socket.hcl"
  service = "web"
}

listener "l9" {
  bind    = "unix:./empty.hcl"
  service = "web"
}
