service {
  name = "web"
  port {
  }
}
