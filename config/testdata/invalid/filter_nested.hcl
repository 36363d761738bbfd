service "web" {
  filter = "((((((((((((((Service.Port == 80))))))))))))))"
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
