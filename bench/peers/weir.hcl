# weir as anybody would run it: without Consul here, since every other peer has a
# fixed list of servers too; and without heartbeats, but where they are measured.
files {
  dir = "services.d"
}

service "bench" {
  connect_timeout = "5s"
{{- if .Health}}

  heartbeat {
    port     = {{.Health}}
    interval = "{{.Heartbeat}}"
    timeout  = "{{.Timeout}}"
    fall     = 1
  }
{{- end}}
}

listener "bench" {
  bind    = "127.0.0.1:{{.Listen}}"
  service = "bench"
}
