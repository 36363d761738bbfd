service "web" {
  heartbeat { interval = 2s }
}
