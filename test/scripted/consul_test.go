package scripted

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTruth(t *testing.T) {
	c := startWith(t, "a", "b")
	c.Register("other", Instance{ID: "x"})
	for uri, want := range map[string]string{
		load:                              "200 12 [a b]",
		proof:                             "200 12 [a b]",
		poll(11, "1m"):                    "200 12 [a b]",
		poll(12, "10ms"):                  "200 12 [a b]",
		poll(99, "10ms"):                  "200 12 [a b]", // Consul answers a poll of the future at its end
		"/v1/health/service/other?stale":  "200 13 [x]",
		"/v1/health/service/nobody?stale": "200 1 []",
		pulse:                             `200 "127.0.0.1:8300"`,
		"/v1/kv/x":                        "404 404 page not found",
	} {
		if got := look(t, c, uri); got != want {
			t.Errorf("%s: got %s, want %s", uri, got, want)
		}
	}
	c.Deregister("web", "a")
	c.Deregister("web", "b")
	if got, want := look(t, c, load), "200 15 []"; got != want {
		t.Errorf("with none left: got %s, want %s", got, want)
	}
}

// A poll waits for a change of its own service, a fault that hits it, or its time.
func TestPollWaits(t *testing.T) {
	for name, wake := range map[string]struct {
		do   func(*Consul)
		want string
	}{
		"a change": {func(c *Consul) { c.Register("web", Instance{ID: "b"}) }, "200 13 [a b]"},
		"a fault":  {func(c *Consul) { c.Break(Unavailable, Target{Kinds: Poll}) }, "503 rpc error making call: No clus"},
		"the end":  {(*Consul).Close, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			c := startWith(t, "a")
			answer := make(chan string, 1)
			go func() { answer <- look(t, c, poll(11, "1m")) }()
			for len(c.Requests()) == 0 {
				time.Sleep(time.Millisecond)
			}
			c.Register("other", Instance{ID: "x"})
			c.Break(Unavailable, Target{Service: "other", Kinds: Reads})
			select {
			case got := <-answer:
				t.Fatalf("woken by what is not its own: %s", got)
			case <-time.After(50 * time.Millisecond):
			}
			wake.do(c)
			if got := <-answer; got != wake.want {
				t.Errorf("got %s, want %s", got, wake.want)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	c := startWith(t, "a")
	for _, uri := range []string{load, proof, poll(1, "1m"), pulse} {
		look(t, c, uri)
	}
	for i, want := range []Request{{Kind: Load, Service: "web"}, {Kind: Proof, Service: "web"}, {Kind: Poll, Service: "web"}, {Kind: Pulse}} {
		got := c.Requests()[i]
		got.At = time.Time{}
		if got != want {
			t.Errorf("request %d: got %+v, want %+v", i, got, want)
		}
	}
}

func TestPollTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		<-query{wait: time.Minute}.timer().C
		if took := time.Since(began); took < time.Minute || took > 64*time.Second {
			t.Errorf("a minute's wait with Consul's jitter: took %v", took)
		}
	})
}
