package consul

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func needCut(t *testing.T) {
	t.Helper()
	if err := CanCut(); err != nil {
		t.Skip(err)
	}
}

func TestCutAgentIsSilent(t *testing.T) {
	t.Parallel()
	needCut(t)
	a, other := Dev(t, Options{}), Dev(t, Options{})
	open, err := net.Dial("tcp", a.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	answers := bufio.NewReader(open)
	ask := func() {
		t.Helper()
		if _, err := open.Write([]byte("GET /v1/status/leader HTTP/1.1\r\nHost: consul\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	answer := func(patience time.Duration) error {
		t.Helper()
		if err := open.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	ask()
	if err := answer(patience); err != nil {
		t.Fatal(err)
	}

	a.Cut(t)
	ask()
	if err := answer(300 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an open connection to a cut agent: got %v, want silence", err)
	}
	if c, err := net.DialTimeout("tcp", a.HTTP(), 300*time.Millisecond); err == nil {
		c.Close()
		t.Error("a cut agent accepts connections")
	} else if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Errorf("dial a cut agent: got %v, want silence", err)
	}
	other.Ready(t)

	a.Mend(t)
	if err := answer(patience); err != nil {
		t.Errorf("an open connection, mended: %v", err)
	}
	a.Ready(t)
	if strings.Contains(tables(t), a.table()) {
		t.Errorf("mended, and table %s is left", a.table())
	}
}

func TestAgentCutFromItsServersAnswersAlone(t *testing.T) {
	t.Parallel()
	needCut(t)
	c := Cluster(t, 3, 1)
	client := c.Clients[0]
	client.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080})
	web := instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"}
	awaitInstances(t, client, "web", web)

	client.CutServers(t)
	lost := web
	lost.Status = "critical"
	for _, server := range c.Servers {
		awaitInstances(t, server, "web", lost)
	}
	awaitFailure(t, client)
	if _, err := client.API().Agent().Self(); err != nil {
		t.Errorf("what needs no server: %v", err)
	}

	client.Mend(t)
	began := time.Now()
	client.Ready(t)
	awaitInstances(t, client, "web", web)
	t.Logf("mended, the agent was itself again after %v", time.Since(began))
}

func TestTablesOfDeadProcessesAreRemoved(t *testing.T) {
	t.Parallel()
	needCut(t)
	dead := exec.Command(os.Args[0], "-test.run", "^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	stale, ours := tableName(dead.Process.Pid, "stale"), tableName(os.Getpid(), "ours")
	for _, table := range []string{stale, ours} {
		if err := addChain(table, "none", "ip daddr 127.255.255.254 drop"); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := removeTable(table); err != nil {
				t.Error(err)
			}
		}()
	}

	if err := removeStale(); err != nil {
		t.Fatal(err)
	}
	left := tables(t)
	if strings.Contains(left, stale) {
		t.Errorf("%s is left of a process that is gone", stale)
	}
	if !strings.Contains(left, ours) {
		t.Errorf("%s is gone, and its process lives", ours)
	}
}

func tables(t *testing.T) string {
	t.Helper()
	list, err := nft("list tables ip")
	if err != nil {
		t.Fatal(err)
	}
	return list
}
