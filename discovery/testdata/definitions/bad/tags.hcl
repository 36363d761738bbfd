service {
  name = "web"
  port = 8080
  tags = "blue"
  meta = { version = 2 }
}
