log {
  level = debug
}

consul {
  token = hunter2
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "more" {
  bind    = "${HOST}:8081"
  service = web
}
