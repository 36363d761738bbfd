package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/go-hclog"
)

// Bounds of the full jitter between the tries of one watch (rule 18).
const (
	minRetry = 200 * time.Millisecond
	maxRetry = 30 * time.Second
)

// trouble counts the failed reads of one watch in a row.
type trouble struct {
	failures int
	since    time.Time // of the first
	alone    bool      // warned about: the failure concerns this watch, not the agent
}

// over ends the row.
func (t *trouble) over(log hclog.Logger) {
	if t.alone {
		log.Info("catalog answers again")
	}
	*t = trouble{}
}

// recover decides what follows a failed read: a retry at once, then the
// agent's gate if the agent itself is silent, else a pause of this watch alone.
// It returns an error only when ctx ends. The published set stays (rule 11).
func (w *watch) recover(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t := &w.trouble
	if t.failures++; t.failures == 1 {
		t.since = time.Now()
	}
	silent := agentSilent(err)
	switch {
	case silent && t.failures == 1:
		w.log.Debug("read failed, trying again", "error", err)
		return nil
	case silent && w.consul.gate.shut(t.since, err):
		w.log.Debug("read failed", "error", err)
		return nil
	case !t.alone:
		t.alone = true
		w.warn(err)
	default:
		w.log.Debug("read failed again", "error", err, "failures", t.failures)
	}
	return sleep(ctx, fullJitter(t.failures))
}

func (w *watch) warn(err error) {
	args := []any{"error", err}
	if age, ok := w.feed.Age(time.Now()); ok {
		args = append(args, "answered_ago", age.Round(time.Second).String())
	}
	st, _ := errors.AsType[api.StatusError](err)
	switch {
	case st.Code == http.StatusForbidden && strings.Contains(st.Body, "not found"):
		args = append(args, "hint", "Consul doesn't know this token: it is mistyped, deleted or expired")
	case st.Code == http.StatusForbidden, errors.Is(err, errPartial):
		args = append(args, "hint", readRights)
	}
	if w.feed.Set() == nil {
		w.log.Warn("reading the catalog failed, nothing is known yet", args...)
		return
	}
	w.log.Warn("reading the catalog failed, the last known good set stays", args...)
}

const readRights = "the token needs service:read and node:read"

// badFilter is in the text of the 500 with which Consul refuses a filter.
const badFilter = "boolean expression evaluator"

// agentSilent reports whether the agent, or all servers behind it, gave no
// answer: no watch would fare better. Other errors (no permission, a bad
// filter, a body that can't be decoded) concern one watch.
func agentSilent(err error) bool {
	if st, ok := errors.AsType[api.StatusError](err); ok {
		return (st.Code >= 500 || st.Code == http.StatusTooManyRequests) && !strings.Contains(st.Body, badFilter)
	}
	_, syntax := errors.AsType[jsonError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	return !syntax && !kind && !errors.Is(err, errNoList) && !errors.Is(err, errPartial)
}

// maxErrorText is enough for what Consul says; a proxy may send a whole page.
const maxErrorText = 300

// shorten cuts the body that an error of the api holds.
func shorten(err error) error {
	if st, ok := errors.AsType[api.StatusError](err); ok && len(st.Body) > maxErrorText {
		st.Body = strings.ToValidUTF8(st.Body[:maxErrorText], "") + "..."
		return st
	}
	return err
}

// fullJitter is a random pause for the nth failure in a row.
func fullJitter(n int) time.Duration {
	top := min(maxRetry, minRetry<<min(n, 10))
	return minRetry + rand.N(top-minRetry+1)
}

// sleep waits for d, or less if ctx ends: then it returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
