package upgrade

import "time"

// A kind says what a message is about.
type kind string

const (
	kindManifest kind = "manifest" // old to new, first: what it is handed
	kindReady    kind = "ready"    // new to old: it could serve
	kindFailed   kind = "failed"   // new to old: it can't, for Error
	kindServe    kind = "serve"    // old to new: it has the service
	kindServing  kind = "serving"  // newest to all older, from here on: process PID has the service
	kindStop     kind = "stop"     // end within Grace
	kindEnded    kind = "ended"    // the newest ends now, with exit code Code
)

// maxMessage is more than a manifest of all the sockets that a process can have.
const maxMessage = 4 << 20

// A message is one line on a control channel. A later version may add fields, and kinds after
// kindServe, which an earlier one passes over.
type message struct {
	Kind     kind          `json:"kind"`
	Manifest *manifest     `json:"manifest,omitempty"`
	Error    string        `json:"error,omitempty"`
	PID      int           `json:"pid,omitempty"`
	Grace    time.Duration `json:"grace,omitempty"`
	Code     int           `json:"code,omitempty"`
}

// A manifest says what the descriptors are that a new process finds, and how long it has.
type manifest struct {
	Within  time.Duration `json:"within"`  // until it must be ready
	Elders  []int         `json:"elders"`  // descriptors of the channels to still older generations
	Sockets []Socket      `json:"sockets"` // that listen, or are bound
}
