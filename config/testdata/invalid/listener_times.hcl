service "web" {}

listener "short" {
  bind               = "127.0.0.1:8080"
  service            = "web"
  idle_timeout       = "1ns"
  max_lifetime       = "99ms"
  half_close_timeout = "-1h"
  keepalive          = "-1s"
}

listener "odd" {
  bind               = "127.0.0.1:8081"
  service            = "web"
  idle_timeout       = "forever"
  max_lifetime       = 3600
  half_close_timeout = "1000000h"
  keepalive          = "1500ms"
}

listener "keepalive" {
  bind      = "127.0.0.1:8082"
  service   = "web"
  keepalive = "32768s"
}
