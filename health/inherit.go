package health

// Inherit has the verdicts of old, and how close they are to a change, be the first ones of c: a checker with other options
// for the same service takes no backend out. It holds for the targets that c follows already and those of its next Follow; a
// target that old doesn't follow is unproven, as ever. It is called before Run; old may run on.
func (c *Checker) Inherit(old *Checker) {
	streaks := old.streaks()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inherited = streaks
	for t, w := range c.watches {
		w.streak.goOn(streaks[t])
	}
}

func (c *Checker) streaks() map[Target]Streak {
	c.mu.RLock()
	defer c.mu.RUnlock()
	streaks := make(map[Target]Streak, len(c.watches))
	for t, w := range c.watches {
		streaks[t] = w.streak
	}
	return streaks
}
