package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"weir/config"
)

// Level and form change for every logger that was derived, before or after, and for what it is asked.
func TestLoggerChanges(t *testing.T) {
	var out bytes.Buffer
	root := newLogger(config.Log{Level: config.LevelInfo, Format: config.FormatText}, &out)
	derived := root.Named("proxy").With("listener", "web")
	line := func(log hclog.Logger) string {
		out.Reset()
		log.Debug("came", "client", "10.0.0.1")
		return out.String()
	}
	if got := line(derived); got != "" || derived.IsDebug() {
		t.Errorf("at level info: got %q, debug: %v", got, derived.IsDebug())
	}
	root.set(config.Log{Level: config.LevelDebug, Format: config.FormatText})
	if got, want := line(derived), "[DEBUG] weir.proxy: came: listener=web client=10.0.0.1\n"; !strings.HasSuffix(got, want) || !derived.IsDebug() {
		t.Errorf("got %q, want it to end in %q", got, want)
	}
	root.set(config.Log{Level: config.LevelDebug, Format: config.FormatJSON})
	for name, log := range map[string]hclog.Logger{"before": derived, "after": root.Named("proxy").With("listener", "web"), "anew": derived.ResetNamed("weir.proxy")} {
		var got map[string]string
		text := line(log)
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: got %q: %v", name, text, err)
		}
		if got["@level"] != "debug" || got["@module"] != "weir.proxy" || got["@message"] != "came" || got["listener"] != "web" || got["client"] != "10.0.0.1" {
			t.Errorf("%s: got %v", name, got)
		}
	}
	root.set(config.Log{Level: config.LevelError, Format: config.FormatJSON})
	if got := line(derived); got != "" || derived.IsDebug() {
		t.Errorf("at level error: got %q, debug: %v", got, derived.IsDebug())
	}
}

func TestLoggerLevels(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(config.Log{Level: config.LevelTrace, Format: config.FormatJSON}, &out)
	log.Trace("a")
	log.Debug("b")
	log.Info("c")
	log.Warn("d")
	log.Error("e")
	log.Log(hclog.Warn, "f")
	log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Info}).Print("g")
	var got []string
	for line := range strings.Lines(out.String()) {
		var fields map[string]string
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		got = append(got, fields["@level"]+" "+fields["@message"])
	}
	if got, want := strings.Join(got, ", "), "trace a, debug b, info c, warn d, error e, warn f, info g"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What isn't logged costs no formatting, and no allocation but that of its caller.
func TestLoggerCostsNothingUnheard(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(config.Log{Level: config.LevelInfo, Format: config.FormatJSON}, &out).Named("proxy")
	if n := testing.AllocsPerRun(100, func() { log.Debug("came") }); n > 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
