package health

import "time"

// reportChange writes the one line of a transition. A nil err has brought t up, another one down.
func (c *Checker) reportChange(t Target, err error) {
	if err == nil {
		c.logger.Info("backend up", c.about(t, "reason", "heartbeat good")...)
		return
	}
	c.logger.Info("backend down", c.about(t, "reason", reason(err, c.opts.Timeout))...)
}

// reportRepeat is for a result that changed nothing; a good one is not worth a line.
func (c *Checker) reportRepeat(t Target, err error) {
	if err != nil && c.logger.IsDebug() {
		c.logger.Debug("heartbeat failed", c.about(t, "reason", reason(err, c.opts.Timeout))...)
	}
}

// reportOwn is for a heartbeat that failed by trouble of our own and doesn't count.
func (c *Checker) reportOwn(t Target, err error) {
	c.ownWarning.Do(func() {
		c.logger.Warn("heartbeat not possible, not counted", c.about(t, "error", err)...)
	})
}

// reportLate counts a heartbeat that had to wait for its slot, and says so once in a while.
func (c *Checker) reportLate(late time.Duration) {
	l := c.opts.Limiter
	total := l.late.Add(1)
	l.lateWarning.Do(func() {
		c.logger.Warn("heartbeats are late", "service", c.opts.Service, "late_by", late.Round(time.Millisecond).String(),
			"in_flight", l.InFlight(), "late_so_far", total)
	})
}

// about returns the key/value pairs that tell which backend a line is about, then the given ones.
func (c *Checker) about(t Target, more ...any) []any {
	pairs := []any{"service", c.opts.Service, "backend", t.Name, "address", t.Addr}
	if probed := c.address(t); probed != t.Addr {
		pairs = append(pairs, "probed", probed)
	}
	return append(pairs, more...)
}
