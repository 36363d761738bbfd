package main

// summary is the plan in pairs for the log, without what is empty.
func (p plan) summary() (pairs []any) {
	var listeners, services names
	for _, c := range p.listeners {
		switch {
		case c.was == nil:
			listeners.added = append(listeners.added, c.is.Name)
		case c.is == nil:
			listeners.removed = append(listeners.removed, c.was.Name)
		case c.changed():
			listeners.changed = append(listeners.changed, c.is.Name)
		}
	}
	for _, c := range p.services {
		switch {
		case c.was == nil:
			services.added = append(services.added, c.is.Name)
		case c.is == nil:
			services.removed = append(services.removed, c.was.Name)
		case c.changed():
			services.changed = append(services.changed, c.is.Name)
		}
	}
	var settings []string
	for _, b := range []struct {
		name    string
		changed bool
	}{{"log", p.log}, {"catalog", p.catalog}, {"process", p.process}} {
		if b.changed {
			settings = append(settings, b.name)
		}
	}
	pairs = append(listeners.pairs("listeners"), services.pairs("services")...)
	return append(pairs, pair("settings_changed", settings)...)
}

// names are those of the blocks of one kind, by what becomes of them.
type names struct{ added, removed, changed []string }

func (n names) pairs(kind string) (pairs []any) {
	pairs = append(pairs, pair(kind+"_added", n.added)...)
	pairs = append(pairs, pair(kind+"_removed", n.removed)...)
	return append(pairs, pair(kind+"_changed", n.changed)...)
}

// pair is nothing for an empty list.
func pair(key string, list []string) []any {
	if len(list) == 0 {
		return nil
	}
	return []any{key, list}
}
