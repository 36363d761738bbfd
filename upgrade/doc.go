// Package upgrade hands a running process over to its next generation, and carries what generations
// have to tell each other. It knows sockets and processes, and nothing of what is served.
//
// # A generation follows another
//
// The old process starts the new one with its listening sockets and one end of a control channel, a
// socket pair on which both write lines of JSON. What the new one writes to standard error goes
// through the old one until it serves, so that its last words are known should it fail.
//
//	old                               new
//	manifest: what is handed over ──▶
//	                                  loads, binds, follows, listens
//	                              ◀── ready, or failed and why
//	serve ──▶
//	                                  takes standard error, says it to its surroundings
//	                              ◀── serving
//	accepts no more, drains
//
// Until "serving" the old one may take it all back by killing the new one: that it does when the new
// one fails, ends, talks nonsense or takes too long. An old one that dies before has left the
// sockets to the new one, which then serves.
//
// # Generations that drain
//
// Any number of older generations may drain at once. The newest holds a channel to each of them,
// as it inherits those of the generation before it: none depends on one in between that may have
// ended. On these channels the newest says who it is, that all are to stop, and how it ended. What
// it learns from them is only their end, which every holder of a channel can see, however often it
// was handed on.
package upgrade
