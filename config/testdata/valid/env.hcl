consul {
  address    = env("WEIR_TEST_ADDRESS", "127.0.0.1:8500")
  datacenter = env("WEIR_TEST_DATACENTER", "")
  namespace  = "${env("WEIR_TEST_TEAM", "shop")}-${env("WEIR_TEST_STAGE", "test")}"
}

service "web" {
  retries = env("WEIR_TEST_RETRIES", "3")
}

listener "web" {
  bind    = "127.0.0.1:${env("WEIR_TEST_PORT", "8080")}"
  service = "web"
}
