# What weir runs with in docker-compose.yml. The annotated example of every key is config.hcl at the top.

consul {
  address = "consul:8500"
}

service "web" {
  heartbeat {
    expect   = "up"
    interval = "1s"
    timeout  = "500ms"
  }
}

listener "web" {
  bind    = "0.0.0.0:8080"
  service = "web"
}
