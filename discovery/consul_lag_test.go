package discovery

import (
	"strings"
	"testing"
	"testing/synctest"
)

// After an error the read at index 0 may meet a server that lags behind, or a
// cluster that lost its data. Below the highest index applied an answer adds,
// and takes away or changes only what the leader says too.
func TestWatchLaggingServer(t *testing.T) {
	warnOne := strings.Replace(one, "passing", "warning", 1)
	entryWarnOne := registered("a", "10.0.0.1", 80, "warning")
	tests := map[string][]step{
		"fewer instances, the leader disagrees": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), "", reset},
			{first, "", list(60, entryOne)},
			{proof, one + ", " + two, list(70, entryOne, entryTwo)},
			{poll(70), one + ", " + two, nil},
		},
		"fewer instances, the leader agrees": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), "", reset},
			{first, "", list(60, entryOne)},
			{proof, one + ", " + two, list(75, entryOne)},
			{poll(75), one, nil},
		},
		"an agent that lost its data: empty and low, and the leader agrees": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), "", reset},
			{first, "", list(12)},
			{proof, one + ", " + two, list(12)},
			{poll(12), "none", list(14, entryOne)},
			{poll(14), one, list(15)}, // its indexes are the ones to go by now
			{first, one, list(15)},
			{proof, one + " held", list(15)},
			{poll(15), "none", nil},
		},
		"what is new is added at once": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), "", reset},
			{first, "", list(60, entryOne, entryThree)},
			{proof, one + ", " + two + ", " + three, list(71, entryTwo, entryThree)},
			{poll(71), two + ", " + three, nil},
		},
		"more instances need no proof": {
			{first, "never", list(70, entryOne)},
			{poll(70), "", reset},
			{first, "", list(60, entryOne, entryTwo)},
			{poll(60), one + ", " + two, list(72, entryTwo)},
			{poll(72), two, nil},
		},
		"the same instances need no proof, and leave the highest index as it was": {
			{first, "never", list(70, entryOne)},
			{poll(70), "", reset},
			{first, "", list(60, entryOne)},
			{poll(60), one, list(61, entryTwo)}, // above the index polled at, below the one applied
			{proof, one + ", " + two, list(70, entryOne)},
			{poll(70), one, nil},
		},
		"a status may not change either": {
			{first, "never", list(70, entryWarnOne)},
			{poll(70), "", reset},
			{first, "", list(60, entryOne)},
			{proof, warnOne, list(71, entryWarnOne)},
			{poll(71), warnOne, nil},
		},
		"the proof fails: nothing goes, and all is asked anew": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), "", reset},
			{first, "", list(60, entryOne, entryThree)},
			{proof, one + ", " + two + ", " + three, fail(500, "No cluster leader")},
			{first, one + ", " + two + ", " + three, list(60, entryOne, entryThree)},
			{proof, one + ", " + two + ", " + three, fail(500, "No cluster leader")},
			{first, one + ", " + two + ", " + three, list(80, entryOne, entryThree)},
			{poll(80), one + ", " + three, nil},
		},
		"an empty list without an index, from what isn't Consul, takes nothing": {
			{first, "never", list(70, entryOne)},
			{poll(70), one, reset},
			{first, one, body("", "[]")},
			{first, one, list(71, entryOne, entryTwo)},
			{poll(71), one + ", " + two, nil},
		},
		"an answer that ACLs have filtered changes what it shows and removes nothing": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), one + ", " + two, reset}, // the agent's view is gone with the rights
			{first, "", aclFiltered(list(71, entryWarnOne))},
			{poll(71), warnOne + ", " + two, reset},
			{first, "", aclFiltered(list(72))},
			{poll(72), warnOne + ", " + two, reset},
			{first, "", list(73, entryOne)},
			{poll(73), one, nil},
		},
		"a first answer that ACLs have emptied is none": {
			{first, "never", aclFiltered(list(70))},
			{first, "never", list(70, entryOne)},
			{poll(70), one, nil},
		},
		"equal to the highest index is not below it": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), "", reset},
			{first, "", list(70, entryOne)},
			{poll(70), one, nil},
		},
		"an index that fell leaves the highest as it was": {
			{first, "never", list(70, entryOne, entryTwo)},
			{poll(70), "", list(1)},
			{first, "", list(60, entryOne)},
			{proof, one + ", " + two, list(70, entryOne, entryTwo)},
			{poll(70), one + ", " + two, nil},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, steps...)
				c, log := memoryConsul(t, s)
				s.play(c, Query{Service: "web"}, log)
			})
		})
	}
}

// An outage in which no leader can be asked says so once, not with every try.
func TestWatchLaggingServerIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := []step{{first, "", list(70, entryOne, entryTwo)}, {poll(70), "", reset}}
		for range 20 {
			steps = append(steps,
				step{first, one + ", " + two, list(60, entryOne)},
				step{proof, one + ", " + two, fail(500, "No cluster leader")})
		}
		steps = append(steps, step{first, one + ", " + two, list(81, entryOne)}, step{poll(81), one, nil})
		s := newScript(t, steps...)
		c, log := memoryConsul(t, s)
		s.play(c, Query{Service: "web"}, log)
		if got := strings.Count(log.String(), "asking the leader"); got != 1 {
			t.Errorf("log: got %d lines that the leader is asked, want 1:\n%s", got, log)
		}
		if got := log.count("WARN") + log.count("INFO"); got > 5 {
			t.Errorf("log: got %d lines above debug, want doubt, trouble and its end:\n%s", got, log)
		}
	})
}
