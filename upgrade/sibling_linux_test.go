package upgrade

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Under systemd the new process is a child of systemd, as the old one is: of a main process that isn't,
// systemd doesn't see the end.
func TestSibling(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", t.TempDir()+"/nobody")
	s := newStage(t)
	next, conn, answer := s.serving(t, "serve and crash")
	if want := fmt.Sprintf("%d child of %d", next.PID(), os.Getppid()); answer != want {
		t.Errorf("got %q, want %q", answer, want)
	}
	conn.Close()
	event, err := next.Next(t.Context())
	if err != nil || event.Gone == nil || !event.Gone.Crashed {
		t.Fatalf("got %+v, %v, want it gone", event, err)
	}

	silent := s.begin(t, "fall silent", 300*time.Millisecond)
	err = silent.Await(context.Background())
	if err == nil || !strings.Contains(err.Error(), "wasn't ready within") {
		t.Errorf("got %v, want that it took too long", err)
	}
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", silent.PID())); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("it lives: %s", stat)
	}
	failed := s.begin(t, "fail", patience)
	if err := failed.Await(context.Background()); err == nil || !strings.HasSuffix(err.Error(), "failed: no luck") {
		t.Errorf("got %v, want its own account", err)
	}
}
