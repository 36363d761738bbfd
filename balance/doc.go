// Package balance decides which backend gets the next connection. A Selector says which
// datacenter's instances are used, and whether it takes all of them because too few are
// eligible. A Pool turns what the catalog and the heartbeats say of those into the set of
// eligible backends, and publishes it with a prepared picker; connections pick from
// that without a lock while the next one is prepared.
//
// The package is pure: it opens nothing, logs nothing, starts nothing and reads no
// clock, so the same updates and picks give the same backends every time.
package balance
