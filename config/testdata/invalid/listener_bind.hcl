service "web" {}

listener "l1" {
  bind    = "localhost:8080"
  service = "web"
}

listener "l2" {
  bind    = "web.example.com:8080"
  service = "web"
}

listener "l3" {
  bind    = "*:8080"
  service = "web"
}

listener "l4" {
  bind    = "8080"
  service = "web"
}

listener "l5" {
  bind    = "0.0.0.0"
  service = "web"
}

listener "l6" {
  bind    = "::1:8080"
  service = "web"
}

listener "l7" {
  bind    = "127.0.0.1:http"
  service = "web"
}

listener "l8" {
  bind    = "127.0.0.1:65536"
  service = "web"
}

listener "l9" {
  bind    = "/run/web.sock"
  service = "web"
}

listener "l10" {
  bind    = "tcp://0.0.0.0:8080"
  service = "web"
}

listener "l11" {
  bind    = "nonsense"
  service = "web"
}

listener "l12" {
  bind    = "[fe80::1]:8080"
  service = "web"
}

listener "l13" {
  bind    = "[fd00::1%eth0]:8080"
  service = "web"
}

listener "l14" {
  bind    = "@web"
  service = "web"
}
