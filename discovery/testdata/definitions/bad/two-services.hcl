service {
  name = "web"
  port = 8080
}
service {
  name = "db"
  port = 5432
}
