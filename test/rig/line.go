package rig

import (
	"encoding/json"
	"time"
)

// A Line is one line of weir's log.
type Line struct {
	Time    time.Time
	Level   string
	Message string
	Fields  map[string]any
}

// Str is a field that is text, or empty.
func (l Line) Str(key string) string { s, _ := l.Fields[key].(string); return s }

// Num is a field that is a number, or 0.
func (l Line) Num(key string) int { n, _ := l.Fields[key].(float64); return int(n) }

// parseLine takes what is no JSON as a message: a race report, or diagnostics.
func parseLine(text []byte) Line {
	l := Line{Fields: map[string]any{}}
	if json.Unmarshal(text, &l.Fields) != nil {
		l.Message = string(text)
		return l
	}
	l.Message, l.Level = l.Str("@message"), l.Str("@level")
	l.Time, _ = time.Parse("2006-01-02T15:04:05.000000Z07:00", l.Str("@timestamp"))
	return l
}
