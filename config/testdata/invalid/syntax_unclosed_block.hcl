service "web" {
  retries = 1
