service "web" {}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "api" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "all" {
  bind    = ":8443"
  service = "web"
}

listener "one" {
  bind    = "[::1]:8443"
  service = "web"
}

listener "four" {
  bind    = "0.0.0.0:9000"
  service = "web"
}

listener "six" {
  bind    = "[::1]:9000"
  service = "web"
}

listener "both" {
  bind    = "[::]:9000"
  service = "web"
}
