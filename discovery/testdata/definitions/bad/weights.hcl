service {
  name = "web"
  port = 8080
  weights {
    passing = 70000
    critical = 1
  }
}
