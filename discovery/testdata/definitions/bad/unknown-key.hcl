service {
  name = "web"
  prot = 8080
  adress = "10.0.0.7"
}
