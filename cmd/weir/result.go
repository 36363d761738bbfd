package main

import (
	"encoding/json"
	"os"
	"time"
)

// What a result is of.
const (
	actionReload  = "reload"
	actionUpgrade = "upgrade"
)

// A result is how the last reload or upgrade went: one line of JSON in the file beside the pid file.
type result struct {
	Action  string    `json:"action"`
	Began   time.Time `json:"began"`
	At      time.Time `json:"at"` // when it was done
	OK      bool      `json:"ok"`
	PID     int       `json:"pid"` // of the process that serves
	Message string    `json:"message"`
}

// resultFile is beside the pid file.
func resultFile(pidFile string) string { return pidFile + ".result" }

// report leaves a result of this process for others to read.
func (l *life) report(r result) {
	path := l.process().PIDFile
	if path == "" {
		return
	}
	r.At, r.PID = time.Now(), os.Getpid()
	line, err := json.Marshal(r)
	if err == nil {
		err = replaceFile(resultFile(path), string(line)+"\n")
	}
	if err != nil {
		l.log.Error("no result file", "error", err)
	}
}

// readResult returns the last result; the zero one if there is none that can be read.
func readResult(path string) (r result) {
	line, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(line, &r) != nil {
		return result{}
	}
	return r
}
