package discovery

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A token that Consul no longer knows is read anew at once, before that counts as trouble.
func TestTokenReplacedBeforeRefusal(t *testing.T) {
	path := write(t, "token", "t1")
	synctest.Test(t, func(t *testing.T) {
		var refused time.Time
		polls := make(chan struct{}, 1)
		agent := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, blocks := r.Header.Get("X-Consul-Token"), r.URL.Query().Has("index")
			switch {
			case r.URL.Path == leader:
				io.WriteString(w, `"127.0.0.1:8300"`)
			case token == "t2" && blocks:
				select {
				case polls <- struct{}{}:
				default:
				}
				hang(w, r)
			case token == "t2":
				list(8, entryTwo)(w, r)
			case !refused.IsZero():
				t.Errorf("after the refusal: got a request with %s", token)
			case blocks:
				refused = time.Now()
				replace(t, path, "t2")
				fail(http.StatusForbidden, "ACL not found")(w, r)
			default:
				list(7, entryOne)(w, r)
			}
		})
		log := &logs{}
		c := consulVia(t, ConsulOptions{Address: "127.0.0.1:8500", TokenFile: path}, inMemory{agent}, log)
		ctx, cancel := context.WithCancel(t.Context())
		feed := NewFeed()
		var wg sync.WaitGroup
		wg.Go(func() { c.Run(ctx) })
		wg.Go(func() { c.Watch(ctx, Query{Service: "web"}, feed) })
		<-polls
		if d := time.Since(refused); d > lookEvery/2 {
			t.Errorf("from the refusal to the next poll: got %v, want no wait for a look", d)
		}
		if got := show(feed.Set()); got != two {
			t.Errorf("set: got %s, want %s", got, two)
		}
		if log.count("WARN") != 0 {
			t.Errorf("log: want no warning:\n%s", log)
		}
		cancel()
		wg.Wait()
	})
}

// A poll that hangs while the token's file is replaced is asked anew with the new token: the agent
// would go on with what the old one saw.
func TestTokenReplacedDuringPoll(t *testing.T) {
	path := write(t, "token", "t1")
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t,
			step{first, "never", list(7, entryOne)},
			step{poll(7), one, func(w http.ResponseWriter, r *http.Request) {
				replace(t, path, "t2")
				hang(w, r)
			}},
			step{first, one, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("X-Consul-Token"); got != "t2" {
					t.Errorf("token: got %s, want t2", got)
				}
				list(8, entryTwo)(w, r)
			}},
			step{poll(8), two, nil},
		)
		log := &logs{}
		c := consulVia(t, ConsulOptions{Address: "127.0.0.1:8500", TokenFile: path}, inMemory{s}, log)
		s.play(c, Query{Service: "web"}, log)
		if d := s.gap(1); d > 2*lookEvery {
			t.Errorf("from the poll to the next read: got %v, want about %v", d, lookEvery)
		}
	})
}
