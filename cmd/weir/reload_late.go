package main

import "context"

// openLate serves at the new addresses that only now can be bound. Who can't have it goes back
// to its old one.
func (r *relisting) openLate(ctx context.Context) {
	for _, c := range r.changes {
		if c.late {
			happens(ctx, r.services[c.is.Service].ready) // so that the address is without a listener for a moment only
		}
	}
	for _, c := range r.changes {
		if c.late && c.moved() {
			r.old(c).close()
		}
	}
	for i, c := range r.changes {
		if !c.late {
			continue
		}
		err := r.reopen(i)
		if err == nil {
			continue
		}
		r.failed(i, err)
		if c.was == nil {
			continue
		}
		if err := r.reopen(i); err != nil {
			r.errs = append(r.errs, err)
			r.result[i] = nil
		}
	}
}

// reopen serves at a listener's new address.
func (r *relisting) reopen(i int) error {
	c := r.changes[i].is
	l, err := r.b.bind(*c, r.services[c.Service])
	if err != nil {
		return err
	}
	r.serve(l)
	r.result[i] = l
	return l.awaitServing()
}
