package peers

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func all(t *testing.T) []Peer {
	list := []Peer{Weir("weir", false), Weir("weir", true), HAProxy(false), HAProxy(true), Nginx()}
	for _, name := range []string{"fabio", "traefik", "envoy"} {
		p, err := Named(name, name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func site(t *testing.T) Site {
	return Site{Dir: filepath.Join(t.TempDir(), "peer"), Listen: 10100, Backends: []int{10201, 10202, 10203, 10204}, CPUs: 2, Spare: 10300}
}

// TestConfigure finds in each peer's files whom it listens for and whom it
// balances, and asks those installed whether they like theirs.
func TestConfigure(t *testing.T) {
	for _, p := range all(t) {
		t.Run(p.Name, func(t *testing.T) {
			s := site(t)
			binary, missing := p.Find()
			if missing != nil {
				p.Prepare = nil // it would ask the binary
			}
			switch err := p.Configure(binary, &s); {
			case errors.Is(err, fs.ErrNotExist): // a part of it that is a package of its own
				t.Skip(err)
			case err != nil:
				t.Fatal(err)
			}
			var text strings.Builder
			for name := range p.Files {
				b, err := os.ReadFile(filepath.Join(s.Dir, name))
				if err != nil {
					t.Fatal(err)
				}
				text.Write(b)
			}
			for _, want := range []string{"10100", "10201", "10202", "10203", "10204"} {
				if !strings.Contains(text.String(), want) {
					t.Errorf("%s is missing in:\n%s", want, text.String())
				}
			}
			if strings.Contains(text.String(), "<no value>") {
				t.Errorf("something is not filled in:\n%s", text.String())
			}
			switch {
			case missing != nil:
				t.Skipf("%s is not here to check it", p.Binary)
			case p.Check == nil:
				t.Skipf("%s can't check a configuration", p.Binary)
			}
			if out, err := exec.Command(binary, p.Check(s)...).CombinedOutput(); err != nil {
				t.Errorf("%s %q: %v: %s", binary, p.Check(s), err, out)
			}
		})
	}
}

func TestSplice(t *testing.T) {
	for splice, want := range map[bool]int{false: 0, true: 2} {
		s, p := site(t), HAProxy(splice)
		if err := p.Configure("haproxy", &s); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(s.Dir, "haproxy.cfg"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(text), "option splice-"); got != want {
			t.Errorf("splice %t: got %d options, want %d", splice, got, want)
		}
	}
}

func TestInstances(t *testing.T) {
	s := site(t)
	for health, want := range map[int][]Instance{
		0:     {{"127.0.0.1", 10201}, {"127.0.0.1", 10202}, {"127.0.0.1", 10203}, {"127.0.0.1", 10204}},
		10400: {{"127.0.0.1", 10201}, {"127.0.0.2", 10202}, {"127.0.0.3", 10203}, {"127.0.0.4", 10204}, {"127.0.0.5", 10201}},
	} {
		s.Health, s.Heartbeat = health, 80*time.Millisecond
		got := s.Instances()
		if len(got) < len(want) {
			t.Fatalf("got %v, want at least %v", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("instance %d: got %v, want %v", i, got[i], want[i])
			}
		}
	}
}

func TestNamed(t *testing.T) {
	if _, err := Named("pound", "/bin/pound"); err == nil || !strings.Contains(err.Error(), "envoy") {
		t.Errorf("got %v, want an error that says who is known", err)
	}
}
