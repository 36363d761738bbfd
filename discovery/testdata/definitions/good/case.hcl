Service {
  ID   = "cache-1"
  Name = "cache"
  Port = 11211
  TAGS = ["ram"]
  Weights {
    Passing = 3
    WARNING = 1
  }
}
