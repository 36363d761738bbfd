consul {
  datacenter = "dc1"
}

service "empty" {
  failover = ["dc2", " "]
}

service "twice" {
  failover = ["dc2", "dc3", "dc2"]
}

service "own" {
  failover = ["dc2", "dc1"]
  failback = "-1s"
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "empty"
}

listener "web2" {
  bind    = "127.0.0.1:8081"
  service = "twice"
}

listener "web3" {
  bind    = "127.0.0.1:8082"
  service = "own"
}
