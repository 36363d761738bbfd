package discovery

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A watch takes over the feed of another one, as after a reload: of another agent with the same
// query, or with another one. Both have a hold of 30 s.
func TestWatchTakesOver(t *testing.T) {
	const (
		four    = "d 10.0.0.4:83 passing 5/2"
		all     = one + ", " + two + ", " + three + ", " + four
		allHeld = heldOne + ", " + heldTwo + ", " + heldThree + ", " + four + " held"
		ofThem  = one + ", " + heldTwo + ", " + heldThree + ", " + four + " held"
		hold    = 30 * time.Second
	)
	entryFour := registered("d", "10.0.0.4", 83, "passing")
	learn := []step{{first, "never", list(70, entryOne, entryTwo, entryThree, entryFour)}, {poll(70), all, nil}}
	loses := []step{ // and is stopped in the middle of the hold
		learn[0],
		{poll(70), all, list(71, entryOne)},
		{proof, ofThem, list(71, entryOne)},
		{pollFor(71, "30s"), ofThem, nil},
	}
	same := Query{Service: "web", EmptyHold: hold}
	tagged := Query{Service: "web", EmptyHold: hold, Tags: []string{"blue"}}
	tests := map[string]struct {
		before []step
		query  Query
		steps  []step
		quiet  bool // nothing is published
		logs   []string
	}{
		"the same answer": {learn, same, []step{
			{first, all, list(7, entryOne, entryTwo, entryThree, entryFour)},
			{poll(7), all, nil},
		}, true, nil},
		"the same answer to another query": {learn, tagged, []step{
			{first, all, list(7, entryOne, entryTwo, entryThree, entryFour)},
			{poll(7), all, nil},
		}, true, nil},
		"few of another agent": {learn, same, []step{
			{first, all, list(7, entryOne)},
			{proof, ofThem, list(7, entryOne)},
			{pollFor(7, "30s"), ofThem, after(hold, list(7, entryOne))},
			{proof, ofThem, list(7, entryOne)},
			{poll(7), one, nil},
		}, false, []string{"holding them", "believed gone"}},
		"none of another agent": {learn, same, []step{
			{first, all, list(7)},
			{proof, allHeld, list(7)},
			{pollFor(7, "30s"), allHeld, after(hold, list(7))},
			{proof, allHeld, list(7)},
			{poll(7), "none", nil},
		}, false, []string{"holding them", "believed gone"}},
		"none of another agent, which then has them": {learn, same, []step{
			{first, all, list(7)},
			{proof, allHeld, list(8, entryOne, entryTwo, entryThree, entryFour)},
			{poll(8), all, nil},
		}, false, nil},
		"few for another query: the leader's word is enough": {learn, tagged, []step{
			{first, all, list(7, entryOne)},
			{proof, ofThem, list(7, entryOne)},
			{poll(7), one, list(8)}, // from here on it is a query like any other
			{first, one, list(8)},
			{proof, heldOne, list(8)},
			{pollFor(8, "30s"), heldOne, nil},
		}, false, []string{"asks for others", "holding them"}},
		"few for another query, but not for the leader": {learn, tagged, []step{
			{first, all, list(7, entryOne)},
			{proof, ofThem, list(8, entryOne, entryTwo, entryFour)},
			{poll(8), one + ", " + two + ", " + four, nil},
		}, false, nil},
		"few for another query, without a leader": {learn, tagged, []step{
			{first, all, list(7, entryOne)},
			{proof, ofThem, fail(500, "No cluster leader")},
			{first, ofThem, list(7, entryOne)},
			{proof, ofThem, list(7, entryOne)},
			{poll(7), one, nil},
		}, false, []string{"asks for others"}},
		"none for another query": {learn, tagged, []step{
			{first, all, list(7)},
			{proof, allHeld, list(7)},
			{pollFor(7, "30s"), allHeld, after(hold, list(7))},
			{proof, allHeld, list(7)},
			{poll(7), "none", nil},
		}, false, []string{"holding them", "believed gone"}},
		"none for another query, then one": {learn, tagged, []step{
			{first, all, list(7)},
			{proof, allHeld, list(7)},
			{pollFor(7, "30s"), allHeld, after(time.Second, list(8, entryOne))},
			{proof, ofThem, list(8, entryOne)},
			{poll(8), one, nil},
		}, false, []string{"holding them", "asks for others"}},
		"silence, then an answer": {learn, tagged, []step{
			{first, all, reset},
			{first, all, fail(500, "No cluster leader")},
			{first, all, fail(403, "Permission denied")},
			{first, all, list(7, entryOne, entryTwo, entryThree)},
			{poll(7), one + ", " + two + ", " + three, nil},
		}, false, []string{"reading the catalog failed", "answers again"}},
		"a token that sees less": {learn, same, []step{
			{first, all, aclFiltered(list(7, entryOne))},
			{poll(7), all, nil},
		}, true, []string{"may not see all"}},
		"a token that sees nothing": {learn, same, []step{
			{first, all, aclFiltered(list(7))},
			{poll(7), all, nil},
		}, true, []string{"may not see all"}},
		"in the middle of a hold: it begins anew": {loses, same, []step{
			{first, ofThem, list(7, entryOne)},
			{proof, ofThem, list(7, entryOne)},
			{pollFor(7, "30s"), ofThem, after(hold, list(7, entryOne))},
			{proof, ofThem, list(7, entryOne)},
			{poll(7), one, nil},
		}, false, []string{"believed gone"}},
		"in the middle of a hold, with so many new that it is no loss any more": {loses, same, []step{
			{first, ofThem, list(7, entryOne,
				registered("e", "10.0.0.5", 80, "passing"), registered("f", "10.0.0.6", 80, "passing"))},
			{proof, "", list(7, entryOne,
				registered("e", "10.0.0.5", 80, "passing"), registered("f", "10.0.0.6", 80, "passing"))},
			{pollFor(7, "30s"), ofThem + ", e 10.0.0.5:80 passing 5/2, f 10.0.0.6:80 passing 5/2", nil},
		}, false, nil},
		"in the middle of a hold, for another query": {loses, tagged, []step{
			{first, ofThem, list(7, entryOne)},
			{proof, ofThem, list(7, entryOne)},
			{poll(7), one, nil},
		}, false, []string{"asks for others"}},
		"in the middle of a hold that the operator ends": {loses, Query{Service: "web", OnEmpty: Apply}, []step{
			{first, ofThem, list(7, entryOne)},
			{proof, ofThem, list(7, entryOne)},
			{poll(7), one, nil},
		}, false, []string{"believed gone"}},
		"in the middle of a hold, and all are back": {loses, same, []step{
			{first, ofThem, list(7, entryOne, entryTwo, entryThree, entryFour)},
			{poll(7), all, nil},
		}, false, []string{"are back"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				before := newScript(t, test.before...)
				c, log := memoryConsul(t, before)
				before.play(c, same, log)
				published := before.feed.Set()

				s := newScript(t, test.steps...)
				s.feed = before.feed
				c, log = memoryConsul(t, s)
				s.play(c, test.query, log)
				if now := s.feed.Set(); test.quiet && now != published {
					t.Errorf("published %s anew", show(now))
				}
				var lines []string
				for line := range strings.Lines(log.String()) {
					if !strings.HasPrefix(line, "[DEBUG]") {
						lines = append(lines, line)
					}
				}
				for n, line := range lines {
					if n >= len(test.logs) || !strings.Contains(line, test.logs[n]) {
						t.Errorf("logged %s, want %q", line, test.logs)
					}
				}
				if len(lines) < len(test.logs) {
					t.Errorf("got %d lines, want %q", len(lines), test.logs)
				}
			})
		})
	}
}
