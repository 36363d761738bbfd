name = "web"
port = 8080

servces {
  name = "db"
}
