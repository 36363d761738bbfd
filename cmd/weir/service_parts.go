package main

import (
	"context"

	"weir/discovery"
)

// begin starts those of the service's parts that don't run.
func (s *service) begin(start starter, catalog discovery.Catalog) {
	for _, t := range s.tiers {
		if t.watching == nil {
			t.watching = start(func(ctx context.Context) error { return catalog.Watch(ctx, t.query(s.conf), t.catalog) })
		}
		if t.resolving == nil {
			t.resolving = start(func(ctx context.Context) error { return t.resolve(ctx, s.resolver) })
		}
	}
	if s.checker != nil && s.checking == nil {
		s.checking = start(s.checker.Run)
	}
	if s.following == nil {
		s.following = start(s.follow)
	}
}

// leave returns the parts that use the catalog, which are to be ended: begin starts them anew,
// with another one.
func (s *service) leave() (list []*part) {
	for _, t := range s.tiers {
		list = append(list, t.watching)
		t.watching = nil
	}
	return list
}

// parts are all that run.
func (s *service) parts() []*part {
	list := []*part{s.following, s.checking}
	for _, t := range s.tiers {
		list = append(list, t.watching, t.resolving)
	}
	return list
}
