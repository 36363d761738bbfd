service {
  id   = "web-1"
  port = 8080
}
