service {
  name = "web"
  port =
}
