package discovery

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	heldOne   = one + " held"
	heldTwo   = two + " held"
	heldThree = three + " held"
)

// after answers when that time has gone by.
func after(d time.Duration, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			answer(w, r)
		case <-r.Context().Done():
		}
	}
}

// pollFor is a poll that waits so long.
func pollFor(index int, wait string) string {
	return strings.Replace(poll(index), "wait=60s", "wait="+wait, 1)
}

// Instances that vanish stay until Consul has insisted for the hold's time, by the leader's word
// at its beginning and at its end.
func TestWatchHolds(t *testing.T) {
	all := one + ", " + two + ", " + three
	allHeld := heldOne + ", " + heldTwo + ", " + heldThree
	begin := []step{
		{first, "never", list(7, entryOne, entryTwo, entryThree)},
		{poll(7), all, list(9)},
		{first, all, list(9)},
		{proof, allHeld, list(9)},
	}
	tests := map[string][]step{
		"gone for good": {
			{pollFor(9, "30s"), allHeld, after(30*time.Second, list(9))},
			{proof, allHeld, list(9)},
			{poll(9), "none", nil},
		},
		"what wakes the watch meanwhile changes nothing": {
			{pollFor(9, "30s"), allHeld, after(10*time.Second, list(11))},
			{pollFor(11, "20s"), allHeld, after(20*time.Second, list(11))},
			{proof, allHeld, list(11)},
			{poll(11), "none", nil},
		},
		"back in time": {
			{pollFor(9, "30s"), allHeld, after(5*time.Second, list(12, entryTwo))},
			{pollFor(12, "25s"), heldOne + ", " + two + ", " + heldThree, after(5*time.Second, list(13, entryOne, entryTwo, entryThree))},
			{poll(13), all, nil},
		},
		"the leader knows them at the end of the hold": {
			{pollFor(9, "30s"), allHeld, after(30*time.Second, list(9))},
			{proof, allHeld, list(10, entryOne, entryTwo, entryThree)},
			{poll(10), all, nil},
		},
		"no leader at the end of the hold: it begins anew": {
			{pollFor(9, "30s"), allHeld, after(30*time.Second, list(9))},
			{proof, allHeld, fail(500, "No cluster leader")},
			{first, allHeld, list(9)},
			{proof, allHeld, list(9)},
			{pollFor(9, "30s"), allHeld, after(30*time.Second, list(9))},
			{proof, allHeld, list(9)},
			{poll(9), "none", nil},
		},
		"a poll is cut off, but the agent answers: that is no silence": {
			{pollFor(9, "30s"), allHeld, after(20*time.Second, reset)},
			{first, allHeld, list(9)},
			{pollFor(9, "10s"), allHeld, after(10*time.Second, list(9))},
			{proof, allHeld, list(9)},
			{poll(9), "none", nil},
		},
		"the agent fails in the middle: the hold begins anew": {
			{pollFor(9, "30s"), allHeld, after(20*time.Second, reset)},
			{first, allHeld, fail(503, "rate limit")},
			{first, allHeld, list(9)},
			{proof, allHeld, list(9)},
			{pollFor(9, "30s"), allHeld, after(30*time.Second, list(9))},
			{proof, allHeld, list(9)},
			{poll(9), "none", nil},
		},
		"a filtered answer neither gives them back nor takes them": {
			{pollFor(9, "30s"), allHeld, after(5*time.Second, reset)},
			{first, allHeld, aclFiltered(list(9))},
			{poll(9), allHeld, after(5*time.Second, list(14, entryOne, entryTwo, entryThree))},
			{poll(14), all, nil},
		},
		"a proof that is filtered is none": {
			{pollFor(9, "30s"), allHeld, after(30*time.Second, list(9))},
			{proof, allHeld, aclFiltered(list(9))},
			{poll(9), all, after(5*time.Second, list(15, entryOne, entryTwo, entryThree))},
			{poll(15), all, nil},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, append(begin[:len(begin):len(begin)], steps...)...)
				c, log := memoryConsul(t, s)
				s.play(c, Query{Service: "web", EmptyHold: 30 * time.Second}, log)
				if n := strings.Count(log.String(), "holding them"); n != 1 {
					t.Errorf("got %d lines about the hold, want one:\n%s", n, log)
				}
			})
		})
	}
}

// The leader's word is enough where the service says so, and a false alarm is no news.
func TestWatchProves(t *testing.T) {
	all := one + ", " + two + ", " + three
	tests := map[string]struct {
		query Query
		steps []step
	}{
		"apply": {Query{Service: "web", OnEmpty: Apply, EmptyHold: time.Hour}, []step{
			{first, "never", list(7, entryOne, entryTwo, entryThree)},
			{poll(7), all, list(9)},
			{first, all, list(9)},
			{proof, heldOne + ", " + heldTwo + ", " + heldThree, list(9)},
			{poll(9), "none", nil},
		}},
		"most are gone, but the leader knows them": {Query{Service: "web", EmptyHold: time.Hour}, []step{
			{first, "never", list(7, entryOne, entryTwo, entryThree)},
			{poll(7), all, list(9)},
			{first, all, list(9)},
			{proof, heldOne + ", " + heldTwo + ", " + heldThree, list(10, entryOne, entryTwo, entryThree)},
			{poll(10), all, nil},
		}},
		"two of three may go": {Query{Service: "web", EmptyHold: time.Hour}, []step{
			{first, "never", list(7, entryOne, entryTwo, entryThree)},
			{poll(7), all, list(9, entryThree)},
			{poll(9), three, nil},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, test.steps...)
				c, log := memoryConsul(t, s)
				s.play(c, test.query, log)
				if strings.Contains(log.String(), "holding them") {
					t.Errorf("want no hold:\n%s", log)
				}
			})
		})
	}
}

// A set from the disk is what is known until Consul answers: an answer without most of it is
// doubted like any other.
func TestWatchAfterRestore(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		proof  bool
		want   string
	}{
		"the same":     {list(7, entryOne, entryTwo, entryThree), false, one + ", " + two + ", " + three},
		"one more":     {list(7, entryOne, entryTwo, entryThree, registered("d", "10.0.0.4", 83, "passing")), false, one + ", " + two + ", " + three + ", d 10.0.0.4:83 passing 5/2"},
		"an empty one": {list(7), true, heldOne + ", " + heldTwo + ", " + heldThree},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				steps := []step{{first, "", test.answer}}
				last := poll(7)
				if test.proof {
					steps = append(steps, step{proof, "", list(7)})
					last = pollFor(7, "30s")
				}
				s := newScript(t, append(steps, step{last, test.want, nil})...)
				c, log := memoryConsul(t, s)
				restored := instancesOf(t, entryOne, entryTwo, entryThree)
				restored.Unverified = true
				s.feed.Publish(restored)
				s.play(c, Query{Service: "web", EmptyHold: 30 * time.Second}, log)
				if s.feed.Set().Unverified {
					t.Error("the set is still unverified")
				}
			})
		})
	}
}

// instancesOf decodes entries into a set.
func instancesOf(t *testing.T, entries ...string) *Set {
	t.Helper()
	list, err := new(lists).decode(strings.NewReader("[" + strings.Join(entries, ",") + "]"))
	if err != nil {
		t.Fatal(err)
	}
	return testWatch(Query{}, (&logs{}).logger()).set(answer{entries: list})
}
