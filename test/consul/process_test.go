package consul

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// TestAgentDiesWithItsTest runs this very binary as a test that starts an agent and is killed, as
// go test does with one that takes too long. No cleanup runs then; the agent must end all the same.
func TestAgentDiesWithItsTest(t *testing.T) {
	if os.Getenv("WEIR_TEST_DOOMED") != "" {
		a := Dev(t, Options{})
		os.Stdout.WriteString("agent " + a.HTTP() + "\n")
		select {} // until killed
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can end a child with its parent")
	}
	t.Parallel()

	doomed := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.timeout", "5m")
	doomed.Env = append(os.Environ(), "WEIR_TEST_DOOMED=1")
	doomed.SysProcAttr = dieWithParent()
	output, err := doomed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := doomed.Start(); err != nil {
		t.Fatal(err)
	}
	address := ""
	for lines := bufio.NewScanner(output); address == "" && lines.Scan(); {
		if after, found := bytes.CutPrefix(lines.Bytes(), []byte("agent ")); found {
			address = string(after)
		}
	}
	if address == "" {
		_ = doomed.Wait()
		t.Fatal("the doomed test started no agent")
	}
	if !listens(address) {
		t.Errorf("the agent at %s doesn't listen while its test runs", address)
	}

	if err := doomed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = doomed.Wait()
	for deadline := time.Now().Add(patience); listens(address); time.Sleep(tick) {
		if time.Now().After(deadline) {
			t.Fatalf("the agent at %s outlived its test by %v", address, patience)
		}
	}
}

func listens(address string) bool {
	c, err := net.DialTimeout("tcp", address, one)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
