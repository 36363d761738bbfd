consul {
  token = "5f1c-secret
}
