// Several services; of the weights one key may be left out.
services {
  id      = "api-1"
  name    = "api"
  address = "::1"
  port    = 9001
}

services {
  id      = "api-2"
  name    = "api"
  address = "api-2.internal"
  port    = 9002
  weights {
    warning = 0
  }
}
