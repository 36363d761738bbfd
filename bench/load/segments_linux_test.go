package load

import (
	"os/exec"
	"testing"

	"weir/bench/child"
)

// TestSegments stops a bystander in the place of those who accept: what counts is
// how many segments a connection takes.
func TestSegments(t *testing.T) {
	s, err := child.NewSpawner(false)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Isolated {
		t.Skip("other connections of this machine would be counted too: a network namespace takes root")
	}
	bystander := exec.Command("cat")
	in, err := bystander.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer bystander.Wait()
	defer in.Close()
	var got *Segments
	err = s.Do(func() error {
		job, err := serveAt("127.0.0.1:10000", false, t.TempDir())
		if err != nil {
			return err
		}
		job.Count, job.Origin = 400, bystander.Process.Pid
		result, err := Run(t.Context(), job, func(Progress) {})
		got = result.Segments
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// SYN, SYN and ACK, ACK; message, ACK, echo, ACK; FIN, FIN and ACK, ACK.
	for what, n := range map[string]float64{"natural": got.Natural, "bytes first": got.BytesFirst} {
		if n < 9.5 || n > 10.5 {
			t.Errorf("%s: got %.2f segments a connection, want 10", what, n)
		}
	}
}
