package main

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"weir/health"
)

// A demo plays the steps on its stage and shows what comes of them. One
// goroutine does both.
type demo struct {
	stage   *demoStage
	service *service
	addr    netip.AddrPort // of the listener
	traffic *demoTraffic
	journal *demoJournal
	tally   *demoTally
	screen  *demoScreen

	script  [demoSteps]demoStep
	step    int // now played
	cycles  int // begun
	notes   []demoNote
	samples []demoSample // of the last second
}

// A demoSample is what was counted at one moment.
type demoSample struct {
	at     time.Time
	counts demoCounts
}

// play sends traffic and plays the steps until ctx ends or the length, if there
// is one, is over. It is an error if a request failed.
func (d *demo) play(ctx context.Context, length time.Duration) error {
	d.script = d.steps()
	d.screen.open(d.intro())
	defer d.screen.close()
	if err := d.awaitFirst(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	sending, stop := context.WithCancel(ctx)
	defer stop()
	var traffic sync.WaitGroup
	traffic.Go(func() { d.traffic.run(sending) })
	began := time.Now()
	err := d.direct(ctx, length)
	played := time.Since(began)
	stop()
	traffic.Wait()

	d.sample()
	d.news()
	d.screen.end(d.frame(), summary(d.titles(), d.names(), d.tally.now(), played))
	if failed := d.tally.now().failed; err == nil && failed > 0 {
		return fmt.Errorf("%d of %d requests failed", failed, d.tally.now().total())
	}
	return err
}

// firstPatience is longer than any listener waits for its service.
const firstPatience = maxStartWait + 2*time.Second

// awaitFirst returns when weir has balanced a first request, which isn't counted.
func (d *demo) awaitFirst(ctx context.Context) error {
	patience, cancel := context.WithTimeout(ctx, firstPatience)
	defer cancel()
	for {
		_, _, err := askBackend(patience, d.addr.String())
		if err == nil {
			return nil
		}
		select {
		case <-patience.Done():
			return fmt.Errorf("no answer through weir: %w", err)
		case <-time.After(demoPace):
		}
	}
}

// direct plays the steps and keeps the screen up to date.
func (d *demo) direct(ctx context.Context, length time.Duration) error {
	frames := time.NewTicker(d.screen.every())
	defer frames.Stop()
	each := stepLength(length)
	next := time.NewTicker(each)
	defer next.Stop()
	d.sample()
	left := -1 // steps to play; negative: no end
	if length > 0 {
		left = int(length / each)
	}
	for d.step = 0; ; d.step = (d.step + 1) % len(d.script) {
		d.tally.enter(d.step)
		if err := d.script[d.step].enter(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for over := false; !over; {
			select {
			case <-ctx.Done():
				return nil
			case <-next.C:
				over = true
			case <-frames.C:
				d.sample()
				d.show()
			case <-d.journal.changed:
				d.news()
			}
		}
		if left--; left == 0 {
			return nil
		}
	}
}

// intro says what is to be seen and where to look.
func (d *demo) intro() []string {
	return []string{
		fmt.Sprintf("weir demo: a TCP listener, three HTTP backends, %d new connections a second", time.Second/demoPace),
		"try it:    curl http://" + d.addr.String() + "/",
		"its files: " + d.stage.configFile() + ", services.d/*.hcl beside it",
	}
}

func (d *demo) titles() (titles []string) {
	for _, s := range d.script {
		titles = append(titles, s.title)
	}
	return titles
}

func (d *demo) names() (names []string) {
	for _, b := range d.stage.backends {
		names = append(names, b.name)
	}
	return names
}

// sample counts, and forgets what is older than about a second.
func (d *demo) sample() {
	now := time.Now()
	d.samples = append(d.samples, demoSample{now, d.tally.now()})
	for len(d.samples) > 2 && now.Sub(d.samples[1].at) >= 990*time.Millisecond { // tickers are not that exact
		d.samples = d.samples[1:]
	}
}

// keptNotes is more than any terminal shows of them.
const keptNotes = 100

// news takes what was noted and shows it.
func (d *demo) news() {
	fresh := d.journal.take()
	d.notes = append(d.notes, fresh...)
	d.notes = d.notes[max(0, len(d.notes)-keptNotes):]
	d.screen.news(fresh, d.frame)
}

// show takes what was noted and draws the figures.
func (d *demo) show() {
	d.news()
	d.screen.frame(d.frame())
}

// frame is what there is to be seen now.
func (d *demo) frame() demoFrame {
	counts := d.tally.now()
	f := demoFrame{
		intro:   d.intro(),
		elapsed: time.Since(d.journal.began),
		step:    fmt.Sprintf("step %d of %d: %s", d.step+1, demoSteps, d.script[d.step].title),
		failed:  counts.failed,
		cut:     counts.cut,
		notes:   d.notes,
	}
	for i, b := range d.stage.backends {
		row := demoRow{name: b.name, addr: b.addr.String(), total: counts.backend(i)}
		if n := len(d.samples); n > 0 {
			row.second = d.samples[n-1].counts.backend(i) - d.samples[0].counts.backend(i)
		}
		row.weight, row.state = d.look(b.name)
		f.rows = append(f.rows, row)
	}
	return f
}

// look says what weir, not the demo, knows of a backend.
func (d *demo) look(name string) (weight int, state string) {
	set := d.service.tiers[0].feed.Set()
	if set == nil {
		return 0, "unknown"
	}
	for _, in := range set.Instances {
		if in.Service != name {
			continue
		}
		addr, err := netip.ParseAddr(in.Host)
		if err != nil {
			return in.Weight(), "unknown"
		}
		target := health.Target{Name: in.Identity.String(), Addr: netip.AddrPortFrom(addr, uint16(in.Port))}
		return in.Weight(), d.service.checker.State(target).String()
	}
	return 0, "no file"
}
