package scripted

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Through random faults while the catalog changes, what discovery knows never becomes empty; after
// them it equals the catalog, and no goroutine is left over. WEIR_STORM is its length, WEIR_SEED
// repeats one.
func TestWatchThroughStorm(t *testing.T) {
	const services = 10
	const hold = 20 * time.Second // longer than a fault
	length, _ := time.ParseDuration(os.Getenv("WEIR_STORM"))
	length = max(length, 10*time.Second)
	seed, err := strconv.ParseUint(os.Getenv("WEIR_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("%v with WEIR_SEED=%d", length, seed)

	c := Start(t)
	var names []string
	for n := range services {
		names = append(names, fmt.Sprint("s", n))
		for i := range 4 {
			c.Register(names[n], instance(n, i))
		}
	}
	feeds, stop := watch(t, c, hold, names...)
	right := func() string {
		for _, name := range names {
			if got, want := show(feeds[name].Set()), c.want(name); got != want {
				return fmt.Sprintf("%s: got %s, want %s", name, got, want)
			}
		}
		return ""
	}
	await(t, 5*time.Second, "the first sets", func() bool { return right() == "" })
	before, allBefore := weirs()+1, runtime.NumGoroutine() // a pulse may be under way

	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	storm := &Storm{Random: rand.New(rand.NewPCG(seed, 1)), Faults: Faults(), Services: names}
	began := time.Now()
	storm.Note = func(f Fault, on Target, lasts time.Duration) {
		t.Logf("%6.1f s: %s of %s of %q for %v", time.Since(began).Seconds(), f.Name, on.Kinds, on.Service, lasts.Round(time.Millisecond))
	}
	ended := make(chan struct{})
	go func() {
		storm.Run(ctx, c)
		close(ended)
	}()
	random := rand.New(rand.NewPCG(seed, 2))
	for ctx.Err() == nil {
		sleep(ctx, time.Duration(random.IntN(200))*time.Millisecond)
		n, i := random.IntN(services), 1+random.IntN(3) // the first stays
		if random.IntN(2) == 0 {
			c.Register(names[n], instance(n, i))
		} else {
			c.Deregister(names[n], fmt.Sprint("i", i))
		}
		for _, name := range names {
			if got := show(feeds[name].Set()); !strings.Contains(got, "i0 ") {
				t.Fatalf("%s lost the instance that is always there: got %s", name, got)
			}
		}
	}
	<-ended
	whole := time.Now()
	// Who really left while all seemed to have left is held with them.
	await(t, hold+time.Minute, "the catalog's sets", func() bool { return right() == "" })
	t.Logf("all sets were right %v after the last fault; %d requests", time.Since(whole).Round(time.Millisecond), len(c.Requests()))

	await(t, 5*time.Second, "as few goroutines of weir's as before", func() bool { return weirs() <= before })
	// Of its connections some rest for a while: each has two there, and one of the server here.
	const resting, each = 10, 3
	await(t, 5*time.Second, "about as few goroutines as before", func() bool { return runtime.NumGoroutine() <= allBefore+resting*each })
	stop()
}

// weirs are the goroutines that weir's own code runs in.
func weirs() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "weir/discovery.") {
			n++
		}
	}
	return n
}

func instance(service, i int) Instance {
	return Instance{ID: fmt.Sprint("i", i), Host: fmt.Sprintf("127.0.%d.%d", 1+service, 1+i), Port: 7000}
}
