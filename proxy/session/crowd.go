package session

// Crowd takes a place for the next client even if there is none, in place of Enter: for those
// who wait in the queue of a socket that is about to be closed, which would reset them.
// Admit, Left and Leave are as ever, and others wait until there is room for them again.
func (f *Front) Crowd() {
	f.room.used.Add(1)
	f.process.used.Add(1)
}
