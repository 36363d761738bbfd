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
)

// trouble counts the failed reads of one watch in a row.
type trouble struct {
	failures int
	alone    bool // warned about: the failure concerns this watch, not the agent
	tooMany  bool // the agent has refused the last request for its number
}

// A poll that fails sooner has never waited: a proxy whose patience ends lets it wait longer.
const shortPoll = 10 * time.Second

// noteRead counts polls that fail at once: reads at index 0 may work all the same.
func (w *watch) noteRead(err error, took time.Duration) {
	switch {
	case !w.polling:
	case err != nil && took < shortPoll && !errors.Is(err, errRenewed):
		w.badPolls++
	default:
		w.badPolls = 0
	}
}

// over ends the row.
func (w *watch) over() {
	if w.trouble.alone {
		w.site.trouble.leave(!w.trouble.tooMany)
		w.log.Info("catalog answers again")
	}
	w.trouble = trouble{}
}

// recover decides what follows a failed read: a retry at once, then the site's gate if all is
// silent there, else a pause of this watch alone. It returns an error only when ctx ends. The
// published set stays (rule 11).
func (w *watch) recover(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !w.polling { // a proxy may end each poll; what a read at once says counts
		w.guard.silent()
	}
	if w.consul.rejected(err, w.outdated) {
		w.log.Debug("read was rejected, trying again with what is new in the files", "error", err)
		return nil
	}
	t := &w.trouble
	t.failures++
	t.tooMany = tooMany(err)
	if agentSilent(err) {
		w.log.Debug("read failed", "error", err, "failures", t.failures)
		if t.failures == 1 && w.badPolls < 2 {
			return nil
		}
		if silent, err := w.site.pulse.silentSince(ctx, time.Now()); silent || err != nil {
			return err // the next read waits at the gate
		}
	}
	switch {
	case w.badPolls >= 2 && t.failures == 1:
		if w.badPolls == 2 {
			w.log.Warn("polls fail, reading now and then instead", "error", err)
		}
		return sleep(ctx, fullJitter(w.badPolls, maxRetry))
	case t.alone:
		w.log.Debug("read failed again", "error", err, "failures", t.failures)
	default:
		t.alone = true
		w.site.trouble.enter()
		w.warn(err)
	}
	return w.pause(ctx)
}

// pause waits before the next try of a watch that has trouble of its own.
func (w *watch) pause(ctx context.Context) error {
	longest, relief := w.site.trouble.wait()
	if w.trouble.tooMany {
		relief = nil // others that are answered are no sign that there is room
	}
	again, cancel := w.site.gate.within(ctx)
	defer cancel()
	t := time.NewTimer(fullJitter(w.trouble.failures, longest))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-relief:
	case <-again.Done():
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return w.site.gate.disperse(ctx)
}

func (w *watch) warn(err error) {
	if tooMany(err) { // said for all watches
		return
	}
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

// tooMany reports whether the agent has refused a request because of the others'.
func tooMany(err error) bool {
	st, _ := errors.AsType[api.StatusError](err)
	return st.Code == http.StatusTooManyRequests
}

// badFilter is in the text of the 500 with which Consul refuses a filter.
const badFilter = "boolean expression evaluator"

// A badAnswer is an error of one watch: the agent has answered, though not what can be used.
type badAnswer string

func (e badAnswer) Error() string { return string(e) }

// agentSilent reports whether the agent, or all servers behind it, gave no
// answer: no watch would fare better. Other errors (no permission, a bad
// filter, a body that can't be decoded) concern one watch.
func agentSilent(err error) bool {
	if st, ok := errors.AsType[api.StatusError](err); ok {
		return (st.Code >= 500 || st.Code == http.StatusTooManyRequests) && !strings.Contains(st.Body, badFilter)
	}
	_, syntax := errors.AsType[jsonError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	_, bad := errors.AsType[badAnswer](err)
	return !syntax && !kind && !bad
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
func fullJitter(n int, longest time.Duration) time.Duration {
	top := min(longest, minRetry<<min(n, 10))
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
