services = [
  {
    id   = "mail-1"
    name = "mail"
    port = 2501
    tags = ["mx"]
  },
  {
    id   = "mail-2"
    name = "mail"
    port = 2502
  },
]

service {
  name = "spool"
  port = 2600
}
