consul {
  address    = env()
  datacenter = env("A", "b", "c")
  namespace  = env(["A"])
  partition  = enf("A")
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
