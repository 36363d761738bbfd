package consul

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

const (
	patience = 60 * time.Second      // for a state that comes within a few seconds on an idle machine
	tick     = 20 * time.Millisecond // between two looks
	one      = 2 * time.Second       // for one look: a frozen or starting agent may not answer
)

// Ready waits until the agent knows a leader and its own node is in the catalog with its gossip
// check passing: from then on registrations arrive, and it answers health queries in full.
func (a *Agent) Ready(t testing.TB) {
	t.Helper()
	a.Await(t, "a leader and its own node in the catalog", func(ctx context.Context) error {
		query := (&api.QueryOptions{}).WithContext(ctx)
		leader, err := a.api.Status().LeaderWithQueryOptions(query)
		if err != nil {
			return err
		}
		if leader == "" {
			return errors.New("no leader")
		}
		checks, _, err := a.api.Health().Node(a.Name, query)
		if err != nil {
			return err
		}
		for _, check := range checks {
			if check.CheckID == "serfHealth" && check.Status == api.HealthPassing {
				return nil
			}
		}
		return fmt.Errorf("node %s isn't in the catalog", a.Name)
	})
}

// Await looks again and again until the condition, asked of this agent, has no error any more. It
// fails the test after a minute, or at once when the agent has ended.
func (a *Agent) Await(t testing.TB, what string, condition func(context.Context) error) {
	t.Helper()
	again := time.NewTicker(tick)
	defer again.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), one)
		err := condition(ctx)
		cancel()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-a.process.exited:
			t.Fatalf("consul %s ended while it was awaited: %s: %v", a.Name, what, err)
		case <-deadline.C:
			t.Fatalf("consul %s: no %s within %v: %v", a.Name, what, patience, err)
		}
	}
}

// logTail is the end of the agent's log, for a test that has failed.
func (a *Agent) logTail() string {
	const keep = 40 // lines
	text, err := os.ReadFile(a.logFile)
	if err != nil {
		return fmt.Sprintf("no log of consul %s: %v", a.Name, err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if extra := len(lines) - keep; extra > 0 {
		lines = lines[extra:]
	}
	return fmt.Sprintf("the last lines of consul %s:\n%s", a.Name, strings.Join(lines, "\n"))
}
