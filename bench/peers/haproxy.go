package peers

import "syscall"

// HAProxy is found in PATH; with splice, told to splice always.
func HAProxy(splice bool) Peer {
	p := Peer{
		Name:        "haproxy",
		Binary:      "haproxy",
		Package:     "Debian: haproxy",
		Files:       map[string]string{"haproxy.cfg": "haproxy.cfg"},
		Args:        func(s Site) []string { return []string{"-db", "-q", "-f", at(s, "haproxy.cfg")} },
		Check:       func(s Site) []string { return []string{"-c", "-q", "-f", at(s, "haproxy.cfg")} },
		Version:     []string{"-v"},
		OnDeath:     syscall.SIGKILL,
		Connections: 9990, // it reserves two descriptors for each and a few more, within 20,000
	}
	if splice {
		p.Name = "haproxy-splice"
		p.Prepare = func(_ string, s *Site) error {
			s.Splice = true
			s.Connections = 7000 // it reserves pipes too
			return nil
		}
	}
	return p
}
