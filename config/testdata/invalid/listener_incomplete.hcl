service "web" {}

listener "web" {}

listener "null" {
  bind    = null
  service = null
}
