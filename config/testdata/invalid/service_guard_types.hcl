service "web" {
  on_empty        = true
  empty_hold      = 120
  panic_threshold = "half"
  failover        = "dc2"
  failback        = ["30s"]
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
