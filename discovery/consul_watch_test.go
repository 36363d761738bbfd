package discovery

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	one   = "a 10.0.0.1:80 passing 5/2"
	two   = "b 10.0.0.2:81 passing 5/2"
	three = "c 10.0.0.3:82 passing 5/2"
)

var (
	entryOne   = registered("a", "10.0.0.1", 80, "passing")
	entryTwo   = registered("b", "10.0.0.2", 81, "passing")
	entryThree = registered("c", "10.0.0.3", 82, "passing")
)

// Each case is one conversation; the known set is looked at when the next
// request comes, which is after the answer before it was applied.
func TestWatchFollows(t *testing.T) {
	tests := map[string][]step{
		"a read at index 0, then polls at the index of the last answer": {
			{first, "never", list(7, entryOne)},
			{poll(7), one, list(9, entryTwo, entryOne)},
			{poll(9), one + ", " + two, list(12, entryTwo)},
			{poll(12), two, nil},
		},
		"an empty answer to a read at index 0 is believed": {
			{first, "never", list(7)},
			{poll(7), "none", list(9, entryOne)},
			{poll(9), one, nil},
		},
		"the index fell: the body is dropped and index 0 read": {
			{first, "never", list(70, entryOne)},
			{poll(70), one, list(1)},
			{first, one, list(71, entryOne, entryTwo)},
			{poll(71), one + ", " + two, nil},
		},
		"the index fell to one whose body looks right: dropped all the same": {
			{first, "never", list(70, entryOne)},
			{poll(70), one, list(69, entryTwo)},
			{first, one, list(70, entryOne)},
			{poll(70), one, nil},
		},
		"index 0 is treated as 1": {
			{first, "never", list(0, entryOne)},
			{poll(1), one, list(0, entryTwo)},
			{poll(1), two, list(5, entryOne)},
			{poll(5), one, nil},
		},
		"a missing index is treated as 1": {
			{first, "never", body("", "["+entryOne+"]")},
			{poll(1), one, list(70, entryTwo)},
			{poll(70), two, body("", "[]")},
			{first, two, list(70, entryTwo)},
			{poll(70), two, nil},
		},
		"the content is compared, not the index": {
			{first, "never", list(7, entryOne)},
			{poll(7), one, list(7, entryTwo)},
			{poll(7), two, nil},
		},
		"a last instance that goes is believed": {
			{first, "never", list(7, entryOne)},
			{poll(7), one, list(9)},
			{first, one, list(9)},           // in doubt, it is read anew
			{proof, one + " held", list(9)}, // and again, from the leader
			{poll(9), "none", nil},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, steps...)
				c, log := memoryConsul(t, s)
				s.play(c, Query{Service: "web"}, log)
				if n := log.count("WARN") - strings.Count(log.String(), "believed gone"); n != 0 {
					t.Errorf("warnings: got %d, want 0:\n%s", n, log)
				}
			})
		})
	}
}

// A poll that ends without news, and news of the same content, wake nobody.
func TestWatchPublishesChangesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t,
			step{first, "", list(7, entryOne)},
			step{poll(7), "", list(7, entryOne)},
			step{poll(7), "", list(8, entryOne)},
			step{poll(8), "", nil},
		)
		c, log := memoryConsul(t, s)
		start := time.Now()
		s.play(c, Query{Service: "web"}, log)
		if got := strings.Count(log.String(), "set changed"); got != 1 {
			t.Errorf("published: got %d times, want once:\n%s", got, log)
		}
		if got := s.feed.Set().Learnt; !got.Equal(start) {
			t.Errorf("learnt: got %v after the start, want 0", got.Sub(start))
		}
		if len(s.feed.Changed()) != 1 {
			t.Error("changed: got no signal, want one")
		}
	})
}
