# One service, in block form, with everything that weir reads.
service {
  id      = "web-1"
  name    = "web"
  address = "10.0.0.7"
  port    = 8081
  tags    = ["blue", "v2"]
  meta {
    zone        = "a"
  }
  weights {
    passing = 5
    warning = 2
  }
}
