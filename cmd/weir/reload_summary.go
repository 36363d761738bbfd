package main

// summary is the plan in pairs for the log, without what is empty.
func (p plan) summary() (pairs []any) {
	add := func(key string, names []string) {
		if len(names) > 0 {
			pairs = append(pairs, key, names)
		}
	}
	var added, removed, changed []string
	for _, c := range p.listeners {
		switch {
		case c.was == nil:
			added = append(added, c.is.Name)
		case c.is == nil:
			removed = append(removed, c.was.Name)
		case c.changed():
			changed = append(changed, c.is.Name)
		}
	}
	add("listeners_added", added)
	add("listeners_removed", removed)
	add("listeners_changed", changed)

	added, removed, changed = nil, nil, nil
	for _, c := range p.services {
		switch {
		case c.was == nil:
			added = append(added, c.is.Name)
		case c.is == nil:
			removed = append(removed, c.was.Name)
		case c.changed():
			changed = append(changed, c.is.Name)
		}
	}
	add("services_added", added)
	add("services_removed", removed)
	add("services_changed", changed)

	var blocks []string
	for _, b := range []struct {
		name    string
		changed bool
	}{{"log", p.log}, {"catalog", p.catalog}, {"process", p.process}} {
		if b.changed {
			blocks = append(blocks, b.name)
		}
	}
	add("settings_changed", blocks)
	return pairs
}
