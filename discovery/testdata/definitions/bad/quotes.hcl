service {
  name = 'web'
}
