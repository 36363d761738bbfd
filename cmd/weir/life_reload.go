package main

import (
	"bytes"
	"errors"
	"time"

	"weir/upgrade"
)

// A reloadOutcome is how a reload went.
type reloadOutcome struct {
	began   time.Time
	changed bool  // the configuration is in force, though perhaps not all of it
	err     error // what of it isn't
}

// reload reads the configuration again and applies what is different.
func (l *life) reload(done chan<- reloadOutcome) {
	r := reloadOutcome{began: time.Now()}
	l.warn("systemd doesn't know of the reload", upgrade.NotifyReloading())
	r.changed, r.err = l.apply()
	l.warn("systemd doesn't know that the reload is over", upgrade.NotifyReady())
	done <- r
}

func (l *life) apply() (changed bool, err error) {
	var said bytes.Buffer
	conf, err := loadConfig(l.path, &said)
	if errors.Is(err, errInvalidConfig) {
		err = errors.New(said.String())
	}
	if err != nil {
		return false, l.b.refuse(err)
	}
	if said.Len() > 0 {
		l.log.Warn("the configuration is valid, but", "warnings", said.String())
	}
	before := l.b.lastReload.Load()
	err = l.b.reload(conf)
	after := l.b.lastReload.Load()
	return after != before && after.changed, err
}

// settle says how a reload went.
func (l *life) settle(r reloadOutcome) {
	message := "reloaded"
	switch {
	case r.err != nil && r.changed:
		message = "reloaded in part: " + r.err.Error()
	case r.err != nil:
		message = "reload failed, nothing changed: " + r.err.Error()
	}
	l.movePIDFile()
	l.report(result{Action: actionReload, Began: r.began, OK: r.err == nil, Message: message})
}
