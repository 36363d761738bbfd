package discovery

import (
	"strings"
	"testing"
	"time"
)

func TestHasTags(t *testing.T) {
	for _, tt := range []struct {
		have, want []string
		ok         bool
	}{
		{nil, nil, true},
		{[]string{"a"}, nil, true},
		{nil, []string{"a"}, false},
		{[]string{"a", "B", "c"}, []string{"b", "A"}, true},
		{[]string{"a", "b"}, []string{"a", "d"}, false},
		{[]string{"ab"}, []string{"a"}, false},
	} {
		if got := hasTags(tt.have, tt.want); got != tt.ok {
			t.Errorf("hasTags(%q, %q) is %v, want %v", tt.have, tt.want, got, tt.ok)
		}
	}
}

func TestMatch(t *testing.T) {
	content := scanned{at: time.Now(), definitions: []definition{
		{service: "web", instance: instanceAt("web-1", "10.0.0.1", 81, 5, 1), tags: []string{"Blue", "eu"}, meta: map[string]string{"zone": "a"}},
		{service: "Web", instance: instanceAt("web-2", "10.0.0.2", 82, 2, 0), tags: []string{"blue"}},
		{service: "web", instance: instanceAt("web-3", "10.0.0.3", 83, 1, 1), skip: "it has no port"},
		{service: "webs", instance: instanceAt("webs", "10.0.0.4", 84, 1, 1), tags: []string{"blue"}},
	}}
	for _, tt := range []struct {
		query Query
		want  string
	}{
		{Query{Service: "web"}, "web-1 web-2"},
		{Query{Service: "WEBS"}, "webs"},
		{Query{Service: "none"}, ""},
		{Query{Service: "web", Tags: []string{"EU"}}, "web-1"},
		{Query{Service: "web", Filter: `Service.Meta.zone == "a"`}, "web-1"},
		{Query{Service: "web", Filter: `Service.Meta.zone != "a"`}, "web-2"},
		{Query{Service: "web", Filter: `"blue" in Service.Tags`}, "web-2"}, // values have a case, unlike tags
		{Query{Service: "web", Filter: `Service.ID == "web-2" or Service.Port == 81`}, "web-1 web-2"},
		{Query{Service: "web", Filter: `Service.Address matches "[.]2$" and Service.Service == "Web"`}, "web-2"},
		{Query{Service: "web", Filter: `Service.Weights.Passing == 5`}, "web-1"},
		{Query{Service: "web", Filter: `not Checks.Status == "critical"`}, "web-1 web-2"},
		{Query{Service: "web", Filter: `Checks is not empty`}, ""},
		{Query{Service: "web", Filter: `Node.Node == ""`}, "web-1 web-2"},
		{Query{Service: "web", Filter: `Node.Meta.rack is empty`}, "web-1 web-2"},
	} {
		log, lines := testLog()
		set, ok := newMatcher(tt.query, log).match(content)
		if !ok {
			t.Errorf("%+v: got no set, want %q; log %q", tt.query, tt.want, lines.all())
			continue
		}
		if got := ids(set); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.query, got, tt.want)
		}
	}
}

func TestMatchUnknownSelector(t *testing.T) {
	for _, filter := range []string{`Service.Colour == "red"`, `Service.Port ==`} {
		log, lines := testLog()
		m := newMatcher(Query{Service: "web", Filter: filter}, log)
		for range 3 {
			def := definition{service: "web", instance: instanceAt("web-1", "10.0.0.1", 81, 1, 1)}
			if set, ok := m.match(scanned{at: time.Now(), definitions: []definition{def}}); ok {
				t.Errorf("%s: got %q, want no answer", filter, ids(set))
			}
		}
		if got := lines.all(); len(got) != 1 || !strings.Contains(got[0], "filter can't be evaluated") {
			t.Errorf("%s: got log %q, want one line", filter, got)
		}
	}
}
