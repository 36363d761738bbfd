// Package balance decides which backend gets the next connection. A Pool turns what
// the catalog and the heartbeats say of a service's instances into the set of
// eligible backends, and publishes it with a prepared picker; connections pick from
// that without a lock while the next one is prepared.
//
// The package is pure: it opens nothing, logs nothing, starts nothing and knows no
// clock, so the same updates and picks give the same backends every time.
package balance
