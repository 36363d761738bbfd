service "web" {}

listener "web" {
  bind    = ":8080"
  service = "web"
}
