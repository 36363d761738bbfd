package main

import (
	"io"
	"log"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"weir/config"
)

// A logger writes lines in one of hclog's two forms. Both it and the level may change at any
// time, for all loggers that were derived from it too.
type logger struct {
	hclog.Logger // of lines of text, which answers all questions; its level is the other's too
	json         hclog.Logger
	inJSON       *atomic.Bool
}

func newLogger(c config.Log, w io.Writer) *logger {
	o := hclog.LoggerOptions{Name: "weir", Output: w}
	text := hclog.New(&o)
	o.JSONFormat = true
	l := &logger{Logger: text, json: hclog.New(&o), inJSON: new(atomic.Bool)}
	l.set(c)
	return l
}

// set changes level and form.
func (l *logger) set(c config.Log) {
	l.SetLevel(hclog.LevelFromString(string(c.Level)))
	l.inJSON.Store(c.Format == config.FormatJSON)
}

// form is the logger of the form in use.
func (l *logger) form() hclog.Logger {
	if l.inJSON.Load() {
		return l.json
	}
	return l.Logger
}

func (l *logger) SetLevel(level hclog.Level) {
	l.Logger.SetLevel(level)
	l.json.SetLevel(level)
}

func (l *logger) Log(level hclog.Level, msg string, args ...any) { l.form().Log(level, msg, args...) }

func (l *logger) Trace(msg string, args ...any) { l.form().Trace(msg, args...) }
func (l *logger) Debug(msg string, args ...any) { l.form().Debug(msg, args...) }
func (l *logger) Info(msg string, args ...any)  { l.form().Info(msg, args...) }
func (l *logger) Warn(msg string, args ...any)  { l.form().Warn(msg, args...) }
func (l *logger) Error(msg string, args ...any) { l.form().Error(msg, args...) }

func (l *logger) With(args ...any) hclog.Logger {
	return &logger{l.Logger.With(args...), l.json.With(args...), l.inJSON}
}

func (l *logger) Named(name string) hclog.Logger {
	return &logger{l.Logger.Named(name), l.json.Named(name), l.inJSON}
}

func (l *logger) ResetNamed(name string) hclog.Logger {
	return &logger{l.Logger.ResetNamed(name), l.json.ResetNamed(name), l.inJSON}
}

// StandardLogger is for libraries: it keeps the form that is in use when it is made.
func (l *logger) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return l.form().StandardLogger(o)
}

// StandardWriter keeps the form, as StandardLogger does.
func (l *logger) StandardWriter(o *hclog.StandardLoggerOptions) io.Writer {
	return l.form().StandardWriter(o)
}
