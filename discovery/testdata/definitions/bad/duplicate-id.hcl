services {
  id   = "web-1"
  name = "web"
  port = 8080
}
services {
  name = "web"
  id   = "web-1"
  port = 8081
}
