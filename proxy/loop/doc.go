// Package loop is the event-loop relay, for Linux. As many loops as Go may use
// processors, each a goroutine with an epoll instance of its own, share the listening
// sockets. A session belongs to one loop from accept to close, and nothing of it is
// locked or shared but counters.
//
// Sessions' descriptors are edge-triggered. A side remembers whether there
// may be bytes to read and whether the last write found no room. Bytes go through one
// buffer for each loop; only what the other side doesn't take is kept with its flow. A
// direction that proves to be bulk is spliced. Every wait of a session is on the loop's
// timer wheel, one timer each.
//
// Clients of a unix socket are served the same. But such a socket has no reset: who is
// cut off sees an end.
package loop
