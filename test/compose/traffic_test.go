//go:build compose

package compose

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// ask sends one request over a connection of its own and returns the name of the backend that
// answered. An answer that is refused, cut short or not in full is an error.
func (s *scenario) ask(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/", nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	for name := range weights {
		if response.StatusCode == http.StatusOK && strings.Contains(string(body), name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("%s with %q", response.Status, body)
}

// traffic sends requests from several clients at once until the returned function is called, which
// fails the test if any of them failed.
func (s *scenario) traffic(t *testing.T) (done func()) {
	const (
		clients = 4
		pause   = 10 * time.Millisecond // between two requests of a client
	)
	var (
		wg       sync.WaitGroup
		mu       sync.Mutex // guards the following
		answered int
		failures []error
	)
	ctx, cancel := context.WithCancel(t.Context())
	client := func() {
		again := time.NewTicker(pause)
		defer again.Stop()
		for ctx.Err() == nil {
			_, err := s.ask(t.Context()) // to its end, even when this is over
			mu.Lock()
			if err != nil {
				failures = append(failures, err)
			} else {
				answered++
			}
			mu.Unlock()
			select {
			case <-again.C:
			case <-ctx.Done():
			}
		}
	}
	for range clients {
		wg.Go(client)
	}
	return func() {
		t.Helper()
		cancel()
		wg.Wait()
		t.Logf("%d requests meanwhile", answered)
		if answered == 0 {
			t.Error("no request was answered meanwhile")
		}
		if len(failures) > 0 {
			t.Errorf("%d requests failed, the first: %v", len(failures), failures[0])
		}
	}
}
