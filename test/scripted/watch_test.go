package scripted

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/discovery"
)

// watch follows the services until the test ends or stop is called.
func watch(t *testing.T, c *Consul, hold time.Duration, services ...string) (feeds map[string]*discovery.Feed, stop func()) {
	t.Helper()
	catalog, err := discovery.NewConsul(discovery.ConsulOptions{Address: c.HTTP()}, hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { catalog.Run(ctx) })
	feeds = map[string]*discovery.Feed{}
	for _, name := range services {
		feed := discovery.NewFeed()
		feeds[name] = feed
		running.Go(func() {
			catalog.Watch(ctx, discovery.Query{Service: name, EmptyHold: hold}, feed)
		})
	}
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return feeds, stop
}

// show is a set in one line, as far as it tells whether it is right: "!" is an instance that gets no
// connections, "*" one that is held.
func show(s *discovery.Set) string {
	if s == nil {
		return "never"
	}
	all := []string{}
	for _, i := range s.Instances {
		marks := ""
		if i.Weight() == 0 {
			marks += "!"
		}
		if i.Held {
			marks += "*"
		}
		all = append(all, fmt.Sprintf("%s %s:%d%s", i.Service, i.Host, i.Port, marks))
	}
	return strings.Join(all, ", ")
}

// want is what show says of the service as it is in the catalog.
func (c *Consul) want(service string) string {
	all := []string{}
	for _, i := range c.Instances(service) {
		all = append(all, fmt.Sprintf("%s %s:%d", i.ID, i.Host, i.Port))
	}
	return strings.Join(all, ", ")
}

func await(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// Whatever a Consul answers that isn't well, what weir knows of a service stays usable, weir doesn't
// spin, other services aren't touched, and a change after the fault is known soon.
func TestWatchThroughFaults(t *testing.T) {
	const lasts = 1500 * time.Millisecond
	faults := append(Faults(), AnswerOf("other"), RedirectTo("127.0.0.1:1"))
	for _, kinds := range []Kind{Reads, Poll | Load, All} {
		for _, f := range faults {
			t.Run(fmt.Sprintf("%s of %s", f.Name, kinds), func(t *testing.T) {
				t.Parallel()
				c := startWith(t, "a", "b", "c", "d")
				c.Register("other", Instance{ID: "x", Host: "127.0.0.3", Port: 1})
				feeds, _ := watch(t, c, 2*time.Minute, "web", "other")
				feed := feeds["web"]
				knows := func(service string) bool { return show(feeds[service].Set()) == c.want(service) }
				right := c.want("web")
				await(t, 5*time.Second, "the first sets", func() bool { return knows("web") && knows("other") })

				began, asked := time.Now(), len(c.Requests())
				mend := c.Break(f, Target{Service: "web", Kinds: kinds})
				c.Register("other", Instance{ID: "y", Host: "127.0.0.3", Port: 2})
				for time.Since(began) < lasts {
					if got := strings.ReplaceAll(show(feed.Set()), "*", ""); got != right {
						t.Fatalf("set during the fault: got %s, want %s", got, right)
					}
					time.Sleep(time.Millisecond)
				}
				if kinds&Pulse == 0 {
					await(t, 10*time.Second, "another service's change during the fault", func() bool { return knows("other") })
				}
				mend()
				reads := slices.DeleteFunc(slices.Clone(c.Requests()[asked:]), func(r Request) bool { return r.Service != "web" })
				// A bucket of 10, 5 more each second, and a proof for each at most.
				if most := 2 * (10 + 5*int(time.Since(began)/time.Second+1)); len(reads) > most {
					t.Errorf("requests during the fault: got %d, want at most %d", len(reads), most)
				}

				c.Register("web", Instance{ID: "e", Host: "127.0.0.2", Port: 7100})
				await(t, 10*time.Second, "the set after the fault", func() bool { return knows("web") })
			})
		}
	}
}
