service = {
  name = "db"
  port = 5432
  meta = {
    "lb-weight" = "4"
    zone        = "b"
  }
  weights = { passing = 7 }
}
