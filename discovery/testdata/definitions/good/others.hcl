# Consul's other keys are its own business.
service {
  name                = "shop"
  port                = 8088
  enable_tag_override = true
  tagged_addresses {
    lan {
      address = "10.0.0.9"
      port    = 8089
    }
  }
  check {
    id       = "shop-http"
    http     = "http://10.0.0.9:8088/health"
    interval = "10s"
    timeout  = "1s"
  }
  checks = [
    {
      id       = "shop-tcp"
      tcp      = "10.0.0.9:8088"
      interval = "10s"
    }
  ]
}

services {
  kind = "connect-proxy"
  name = "shop-sidecar"
  port = 20000
  proxy {
    destination_service_name = "shop"
  }
}

services {
  name = "portless"
}
