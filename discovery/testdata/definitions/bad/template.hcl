service {
  name = "web-${region}"
  port = 8080
}
