package config

// Clashes reports whether two listeners of one process can't both have their address.
func (b Bind) Clashes(other Bind) bool { return clash(b, other) }
