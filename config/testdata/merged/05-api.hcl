files {
  dir = "../services.d"
}

listener "api" {
  bind    = "127.0.0.1:8081"
  service = "api"
}
