package main

import (
	"time"

	"weir/discovery"
)

// replaceCatalog ends all that uses the old one. The services' feeds stay, and watches of the
// new one will write to them.
func (b *balancer) replaceCatalog(start starter, catalog discovery.Catalog) {
	var watches []*part
	for _, s := range b.services {
		watches = append(watches, s.leave()...)
	}
	end(watches...) // before their catalog
	for _, s := range b.services {
		for _, t := range s.tiers {
			t.switched(time.Now())
		}
	}
	end(b.browsing)
	b.catalog = catalog
	b.browsing = start(catalog.Run)
}

// reloadServices returns the services to be, which all run. Those that are removed still run too.
func (b *balancer) reloadServices(start starter, changes []serviceChange) map[string]*service {
	services := map[string]*service{}
	for _, c := range changes {
		if c.is == nil {
			continue
		}
		s := b.services[c.is.Name]
		if c.was == nil {
			s = b.newService(*c.is)
		} else if c.changed() {
			old := s
			s = b.newService(*c.is)
			s.succeed(old, time.Now())
		}
		s.begin(start, b.catalog)
		services[c.is.Name] = s
	}
	return services
}

// endServices ends those that aren't among the services to be. What their connections need of
// them stays.
func (b *balancer) endServices(services map[string]*service) {
	var over []*part
	for name, s := range b.services {
		if services[name] == nil {
			over = append(over, s.parts()...)
		}
	}
	end(over...)
}
