package main

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/config"
)

// told is a plan in words.
func told(p plan) []string {
	var words []string
	for _, c := range p.services {
		switch {
		case c.was == nil:
			words = append(words, "service "+c.is.Name+" added")
		case c.is == nil:
			words = append(words, "service "+c.was.Name+" removed")
		case c.changed():
			words = append(words, "service "+c.is.Name+" changed")
		}
	}
	for _, c := range p.listeners {
		late := ""
		if c.late {
			late = " late"
		}
		switch {
		case c.was == nil:
			words = append(words, "listener "+c.is.Name+" added"+late)
		case c.is == nil:
			words = append(words, "listener "+c.was.Name+" removed")
		case c.moved():
			words = append(words, fmt.Sprintf("listener %s moved from %s%s", c.is.Name, c.was.Bind, late))
		case c.was.Name != c.is.Name:
			words = append(words, fmt.Sprintf("listener %s was %s", c.is.Name, c.was.Name))
		case c.changed():
			words = append(words, "listener "+c.is.Name+" changed")
		}
	}
	for word, is := range map[string]bool{"log": p.log, "catalog": p.catalog, "process": p.process} {
		if is {
			words = append(words, word)
		}
	}
	return words
}

func TestDifferenceOfListeners(t *testing.T) {
	// name@address, of the service of that name
	parse := func(text string) (list []config.Listener) {
		for _, word := range strings.Fields(text) {
			name, addr, _ := strings.Cut(word, "@")
			l := config.Listener{Name: name, Service: "web"}
			if path, unix := strings.CutPrefix(addr, "unix:"); unix {
				l.Bind.Path = path
			} else {
				l.Bind.AddrPort = netip.MustParseAddrPort(addr)
			}
			list = append(list, l)
		}
		return list
	}
	for name, tt := range map[string]struct {
		was, is string
		want    []string
	}{
		"the same":      {"a@10.0.0.1:80 b@10.0.0.1:81", "b@10.0.0.1:81 a@10.0.0.1:80", nil},
		"added":         {"a@10.0.0.1:80", "a@10.0.0.1:80 b@10.0.0.1:81", []string{"listener b added"}},
		"removed":       {"a@10.0.0.1:80 b@10.0.0.1:81", "a@10.0.0.1:80", []string{"listener b removed"}},
		"moved":         {"a@10.0.0.1:80", "a@10.0.0.2:80", []string{"listener a moved from 10.0.0.1:80"}},
		"to a path":     {"a@10.0.0.1:80", "a@unix:/x", []string{"listener a moved from 10.0.0.1:80"}},
		"renamed":       {"a@10.0.0.1:80", "b@10.0.0.1:80", []string{"listener b was a"}},
		"path renamed":  {"a@unix:/x", "b@unix:/x", []string{"listener b was a"}},
		"swapped":       {"a@10.0.0.1:80 b@10.0.0.1:81", "a@10.0.0.1:81 b@10.0.0.1:80", []string{"listener a was b", "listener b was a"}},
		"another":       {"a@10.0.0.1:80", "b@10.0.0.1:81", []string{"listener b added", "listener a removed"}},
		"widened":       {"a@10.0.0.1:80", "a@0.0.0.0:80", []string{"listener a moved from 10.0.0.1:80 late"}},
		"narrowed":      {"a@[::]:80", "a@10.0.0.1:80", []string{"listener a moved from [::]:80 late"}},
		"in place":      {"a@0.0.0.0:80", "b@10.0.0.1:80", []string{"listener b added late", "listener a removed"}},
		"beside":        {"a@0.0.0.0:80", "a@0.0.0.0:80 b@[::1]:80", []string{"listener b added"}},
		"the chain":     {"a@10.0.0.1:80 b@10.0.0.1:81", "a@10.0.0.1:81 b@10.0.0.1:82", []string{"listener a was b", "listener b added", "listener a removed"}},
		"any free port": {"a@10.0.0.1:0 b@10.0.0.1:0", "b@10.0.0.1:0 c@10.0.0.1:0", []string{"listener c added", "listener a removed"}},
		"no more free":  {"a@10.0.0.1:0", "a@10.0.0.1:80", []string{"listener a moved from 10.0.0.1:0"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := told(difference(&config.Config{Listeners: parse(tt.was)}, &config.Config{Listeners: parse(tt.is)}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDifferenceOfServices(t *testing.T) {
	services := func(names ...string) *config.Config {
		c := &config.Config{}
		for _, n := range names {
			c.Services = append(c.Services, config.Service{Name: n, Heartbeat: &config.Heartbeat{}})
		}
		return c
	}
	was, is := services("a", "b", "c"), services("d", "c", "a")
	is.Services[1].Heartbeat.Rise = 2
	want := []string{"service d added", "service c changed", "service b removed"}
	if diff := cmp.Diff(want, told(difference(was, is))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSummaryOfAPlan(t *testing.T) {
	at := func(name, addr string) config.Listener {
		return config.Listener{Name: name, Bind: config.Bind{AddrPort: netip.MustParseAddrPort(addr)}}
	}
	was := &config.Config{
		Services:  []config.Service{{Name: "a"}, {Name: "b"}},
		Listeners: []config.Listener{at("l1", "10.0.0.1:1"), at("l2", "10.0.0.1:2"), at("l3", "10.0.0.1:3")},
	}
	is := &config.Config{
		Log:       config.Log{Level: config.LevelWarn},
		Process:   config.Process{MaxConnections: 1},
		Services:  []config.Service{{Name: "b", Retries: 1}, {Name: "c"}},
		Listeners: []config.Listener{at("l9", "10.0.0.1:1"), at("l2", "10.0.0.1:7"), at("l4", "10.0.0.1:4")},
	}
	want := []any{
		"listeners_added", []string{"l4"}, "listeners_removed", []string{"l3"}, "listeners_changed", []string{"l9", "l2"},
		"services_added", []string{"c"}, "services_removed", []string{"a"}, "services_changed", []string{"b"},
		"settings_changed", []string{"log", "process"},
	}
	if diff := cmp.Diff(want, difference(was, is).summary()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := difference(is, is).summary(); got != nil {
		t.Errorf("got %v of no difference", got)
	}
}
