package discovery

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever goes wrong, the known set stays and the next read is at index 0.
// How soon depends on whether the agent answered at all.
func TestWatchTrouble(t *testing.T) {
	const atOnce, alone = false, true
	page := "<html>" + strings.Repeat("no ", 1000) + "</html>"
	redirect := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ui/", http.StatusMovedPermanently) }
	tests := map[string]struct {
		reply http.HandlerFunc
		alone bool   // this watch's own: it warns and pauses
		says  string // in the log
	}{
		"another service's list":        {list(9, strings.Replace(entryTwo, `"ID":"b"`, `"ID":"b","Service":"db"`, 1)), alone, "about another service"},
		"null for a list":               {body("9", "null"), alone, "no list of instances"},
		"an object for a list":          {body("9", `{}`), alone, "cannot unmarshal object"},
		"a field of the wrong type":     {body("9", `[{"Service":{"Port":"80"}}]`), alone, "cannot unmarshal string"},
		"an HTML page that says 200":    {body("9", page), alone, "invalid character '<'"},
		"an HTML page that says 404":    {fail(404, page), alone, "404"},
		"no permission":                 {fail(403, "Permission denied: token lacks permission 'service:read'"), alone, "service:read and node:read"},
		"no such token":                 {fail(403, "ACL not found"), alone, "deleted or expired"},
		"a bad request":                 {fail(400, "Invalid wait time"), alone, "Invalid wait time"},
		"a redirect, which is not ours": {redirect, alone, "301"},
		"a filter that Consul refuses":  {fail(500, `Failed to create boolean expression evaluator: Selector "Foo" is not valid`), alone, "boolean expression"},
		"truncated JSON":                {body("9", "["+entryTwo[:50]), atOnce, "unexpected EOF"},
		"an empty body":                 {body("9", ""), atOnce, "EOF"},
		"an HTML page that says 500":    {fail(500, page), atOnce, "500"},
		"no leader":                     {fail(500, "No cluster leader"), atOnce, "No cluster leader"},
		"too many connections":          {fail(429, "too many concurrent connections"), atOnce, "429"},
		"overload":                      {fail(503, "rate limit"), atOnce, "503"},
		"a connection reset":            {reset, atOnce, "connection reset"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t,
					step{first, "never", list(7, entryOne)},
					step{poll(7), one, test.reply},
					step{first, one, list(8, entryOne, entryTwo)},
					step{poll(8), one + ", " + two, nil},
				)
				c, log := memoryConsul(t, s)
				s.play(c, Query{Service: "web"}, log)

				pause, warned, informed := s.gap(1), log.count("WARN"), log.count("INFO")
				warned -= strings.Count(log.String(), "consul refuses requests") // all watches' affair
				switch {
				case !test.alone && (pause != 0 || warned+informed != 0):
					t.Errorf("got a pause of %v and %d warnings, %d infos, want none:\n%s", pause, warned, informed, log)
				case test.alone && (pause < 200*time.Millisecond || pause > 400*time.Millisecond):
					t.Errorf("pause: got %v, want 200ms to 400ms", pause)
				case test.alone && (warned != 1 || informed != 1):
					t.Errorf("got %d warnings and %d infos, want one each:\n%s", warned, informed, log)
				}
				if !strings.Contains(log.String(), test.says) {
					t.Errorf("log: want %q in it:\n%s", test.says, log)
				}
				if n := len(log.String()); n > 2000 {
					t.Errorf("log: got %d bytes, want the page cut short", n)
				}
			})
		})
	}
}

// An agent that accepts and then says nothing is given up, blocking or not.
func TestWatchDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t,
			step{first, "never", list(7, entryOne)},
			step{poll(7), one, hang},
			step{first, one, hang},
			step{first, one, list(7, entryOne)},
			step{poll(7), one, nil},
		)
		c, log := memoryConsul(t, s)
		s.play(c, Query{Service: "web"}, log)
		least, most := 54*time.Second*17/16+15*time.Second, 66*time.Second*17/16+15*time.Second
		if got := s.gap(1); got < least || got > most {
			t.Errorf("deadline of a poll: got %v, want %v to %v", got, least, most)
		}
		if got := s.gap(2); got < loadTimeout+minRetry || got > loadTimeout+fewRetry {
			t.Errorf("deadline of a read at once, and a pause: got %v, want 20s and up to %v", got, fewRetry)
		}
	})
}

// The tries of one watch back off, and one warning and one info tell of it.
func TestWatchAloneBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := []step{{first, "never", list(7, entryOne)}, {poll(7), one, fail(403, "Permission denied")}}
		for range 30 {
			steps = append(steps, step{first, one, fail(403, "Permission denied")})
		}
		steps = append(steps, step{first, one, list(7, entryOne)}, step{poll(7), one, nil})
		s := newScript(t, steps...)
		c, log := memoryConsul(t, s)
		s.play(c, Query{Service: "web"}, log)
		var longest time.Duration
		for n := 1; n < 32; n++ {
			gap := s.gap(n)
			if gap < minRetry || gap > fewRetry {
				t.Errorf("pause %d: got %v, want %v to %v", n, gap, minRetry, fewRetry)
			}
			longest = max(longest, gap)
		}
		if longest < fewRetry/2 { // 20 draws up to 3 s: not in a million runs
			t.Errorf("longest pause: got %v, want near %v", longest, fewRetry)
		}
		if w, i := log.count("WARN"), log.count("INFO"); w != 1 || i != 1 {
			t.Errorf("got %d warnings and %d infos, want one each:\n%s", w, i, log)
		}
	})
}

// The age is of the last good answer: errors don't make it young.
func TestWatchAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t,
			step{first, "never", list(7, entryOne)},
			step{poll(7), one, func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(30 * time.Second)
				list(7, entryOne)(w, r)
			}},
			step{poll(7), one, func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(10 * time.Second)
				fail(500, "No cluster leader")(w, r)
			}},
			step{first, one, nil},
		)
		c, log := memoryConsul(t, s)
		start := time.Now()
		if age, ok := s.feed.Age(start); ok {
			t.Errorf("age before the first answer: got %v, want none", age)
		}
		s.play(c, Query{Service: "web"}, log)
		if age, ok := s.feed.Age(start.Add(40 * time.Second)); !ok || age != 10*time.Second {
			t.Errorf("age: got %v, %v, want 10s", age, ok)
		}
	})
}
