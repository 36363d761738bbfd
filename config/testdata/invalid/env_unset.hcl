consul {
  address = env("WEIR_TEST_ADDRESS")
  token   = env("WEIR_TEST_EMPTY")
}

service "web" {}
listener "web" {
  bind    = "127.0.0.1:8080"
  service = "web"
}
