service "web" {}
