service "web" {
  filter = "Service.Port != 80 and Meta.version == v2"
}

service "api" {
  filter = "blue in service.Tags"
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}

listener "api" {
  bind    = "127.0.0.1:8081"
  service = "api"
}

service "db" {
  filter = "not Tags is empty"
}

service "cache" {
  filter = "any tags as t { t == blue }"
}

listener "db" {
  bind    = "127.0.0.1:8082"
  service = "db"
}

listener "cache" {
  bind    = "127.0.0.1:8083"
  service = "cache"
}
