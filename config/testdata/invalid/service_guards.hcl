service "web" {
  on_empty        = "keep"
  empty_hold      = "999ms"
  panic_threshold = 101
}

listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
