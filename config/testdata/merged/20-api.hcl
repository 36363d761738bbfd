service "api" {}
