package scripted

import (
	"testing"
	"time"
)

// What each fault makes of a read at index 0, and of a pulse.
func TestFaults(t *testing.T) {
	const leader = `200 "127.0.0.1:8300"`
	for _, c := range []struct {
		fault       Fault
		read, pulse string
	}{
		{IndexBackwards, "200 6 [a b]", leader},
		{IndexZero, "200 0 [a b]", leader},
		{NoIndex, "200 [a b]", leader},
		{NoHeaders, "200 [a b]", leader},
		{WrongType, "200 12 [a b]", leader},
		{TightLoop, "200 12 [a b]", leader},
		{EmptyAtOne, "200 1 []", `200 ""`},
		{EmptyAtSame, "200 12 []", `200 ""`},
		{EmptyAhead, "200 14 []", `200 ""`},
		{Filtered, "200 12 [a]", leader},
		{FilteredToNothing, "200 12 []", `200 ""`},
		{Duplicates, "200 12 [a b a b a b]", leader},
		{UnknownStatus, "200 12 [a b]", leader},
		{WildPorts, "200 12 [a b]", leader},
		{WildWeights, "200 12 [a b]", leader},
		{NegativeWeights, "200 12 [a b]", leader},
		{AnswerOf("other"), "200 12 [x]", leader},
		{Truncated, `200 12 [{"Node":{"ID":"","Node":"node`, `200 "127.0.0`},
		{Null, "200 12 null", "200 null"},
		{Object, `200 12 {"error": "upstream is startin`, `200 {"error": "upstream is startin`},
		{NullEntries, "200 12 [none none none]", "200 [none none none]"},
		{TooMany, "429 Your IP is issuing too many co", "429 Your IP is issuing too many co"},
		{Unavailable, "503 rpc error making call: No clus", "503 rpc error making call: No clus"},
		{BadGateway, "502 <!DOCTYPE html><html><body><h1", "502 <!DOCTYPE html><html><body><h1"},
		{ServerError, "500 <!DOCTYPE html><html><body><h1", "500 <!DOCTYPE html><html><body><h1"},
		{LoginPage, "200 <!DOCTYPE html><html><body><h1", "200 <!DOCTYPE html><html><body><h1"},
		{Forbidden, "403 Permission denied: token lacks", "403 Permission denied: token lacks"},
		{NotFound, "404 404 page not found", "404 404 page not found"},
		{RedirectToItself, "301 to " + load, "301 to " + pulse},
		{RedirectLoop, "307 to /loop", "307 to /loop"},
		{RedirectTo("127.0.0.9:1"), "307 to http://127.0.0.9:1" + load, "307 to http://127.0.0.9:1" + pulse},
		{Reset, "error", "error"},
		{ResetInBody, "200 12 error", "200 error"},
		{EndInBody, "200 12 error", "200 error"},
		{HTTP10, "200 12 [a b]", leader},
	} {
		t.Run(c.fault.Name, func(t *testing.T) {
			consul := startWith(t, "a", "b")
			consul.Register("other", Instance{ID: "x"})
			mend := consul.Break(c.fault, Target{Service: "web", Kinds: All})
			if got := look(t, consul, load); got != c.read {
				t.Errorf("read: got %s, want %s", got, c.read)
			}
			if got := look(t, consul, pulse); got != c.pulse {
				t.Errorf("pulse: got %s, want %s", got, c.pulse)
			}
			mend()
			mend()
			want := "200 12 [a b]"
			if c.fault.moves {
				want = "200 15 [a b]"
			}
			if got := look(t, consul, load); got != want {
				t.Errorf("mended: got %s, want %s", got, want)
			}
		})
	}
}

func TestHugeFaults(t *testing.T) {
	for fault, want := range map[*Fault]string{
		&HugeList: "200 11 huge", &HugeEntries: "200 11 huge", &HugeString: "200 11 huge", &HugeSpace: "200 11 huge",
		&HugeGarbage: "200 11 huge", &HugeError: "500 11 huge",
	} {
		c := startWith(t, "a")
		c.Break(*fault, Target{Kinds: Load})
		if got := look(t, c, load); got != want {
			t.Errorf("%s: got %s, want %s", fault.Name, got, want)
		}
	}
}

// Faults that take their time give the true answer once they end, or never.
func TestSlowFaults(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  string // empty: nothing ever comes
	}{
		{Hang, "200 11 [a]"},
		{HangAfterHeaders, "200 11 [a]"},
		{Trickle, "200 11 [a]"},
		{Lost, ""},
	} {
		t.Run(c.fault.Name, func(t *testing.T) {
			consul := startWith(t, "a")
			mend := consul.Break(c.fault, Target{Kinds: Load})
			answer := make(chan string, 1)
			go func() { answer <- look(t, consul, load) }()
			select {
			case got := <-answer:
				t.Fatalf("got %s at once", got)
			case <-time.After(100 * time.Millisecond):
			}
			mend()
			if c.want != "" {
				if got := <-answer; got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				return
			}
			select {
			case got := <-answer:
				t.Errorf("got %s, want nothing", got)
			case <-time.After(100 * time.Millisecond):
			}
			consul.Close()
			<-answer
		})
	}
}

func TestTargets(t *testing.T) {
	c := startWith(t, "a")
	const good, bad = "200 11 [a]", "404 404 page not found"
	check := func(uri, want string) {
		t.Helper()
		if got := look(t, c, uri); got != want {
			t.Errorf("%s: got %s, want %s", uri, got, want)
		}
	}
	mend := c.Break(NotFound, Target{Kinds: Proof | Pulse})
	check(load, good)
	check(poll(1, "1m"), good)
	check(proof, bad)
	check(pulse, bad)
	mend()
	mend = c.Break(NotFound, Target{Service: "other", Kinds: All})
	check(load, good)
	check(pulse, bad)
	check("/v1/health/service/other?stale", bad)
	mend()
	check(pulse, `200 "127.0.0.1:8300"`)
}

// Of two faults the one that began later spoils what the other has left.
func TestFaultsTogether(t *testing.T) {
	c := startWith(t, "a", "b")
	c.Break(Filtered, Target{Kinds: Load})
	mend := c.Break(IndexBackwards, Target{Kinds: Load})
	if got, want := look(t, c, load), "200 6 [a]"; got != want {
		t.Errorf("both: got %s, want %s", got, want)
	}
	mend()
	if got, want := look(t, c, load), "200 12 [a]"; got != want {
		t.Errorf("one is mended: got %s, want %s", got, want)
	}
}
