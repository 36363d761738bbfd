package discovery

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// Once another process keeps the file this one leaves it alone, at its end too.
func TestSnapshotIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan int, 1)
		file := freshFile(t)
		s := NewSnapshot(scriptedCatalog(func(ctx context.Context, _ Query, feed *Feed) {
			for {
				select {
				case n := <-answers:
					say(feed, n)
				case <-ctx.Done():
					return
				}
			}
		}), SnapshotOptions{File: file, MaxAge: 24 * time.Hour}, (&logs{}).logger())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.Run(ctx)
		}()
		feed := NewFeed()
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			s.Watch(ctx, webQuery, feed)
		}()
		answers <- 3
		pass(snapshotEvery)
		ours := inode(t, file)
		s.HandOver()
		answers <- 5
		pass(time.Hour)
		cancel()
		<-watched
		<-ended
		if !os.SameFile(inode(t, file), ours) {
			t.Error("the file was written after the hand-over")
		}
		if got := len(feed.Set().Instances); got != 5 {
			t.Errorf("got %d instances, want it to go on with 5", got)
		}
	})
}
