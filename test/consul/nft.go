package consul

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// CanCut says why Cut and CutServers can't work here (not root, no nft, no support by the kernel);
// nil if they can. The first call tries it out.
func CanCut() error { return canCut() }

var canCut = sync.OnceValue(func() error {
	if _, err := exec.LookPath("nft"); err != nil {
		return fmt.Errorf("packets are dropped by nftables: %w", err)
	}
	if err := removeStale(); err != nil { // the first thing that wants root
		return err
	}
	return tryDrop()
})

// tryDrop drops what comes to a listener of its own.
func tryDrop() error {
	ip := loopback()
	l, err := net.Listen("tcp", net.JoinHostPort(ip.String(), "0"))
	if err != nil {
		return err
	}
	defer l.Close()
	table := tableName(os.Getpid(), "try")
	if err := addChain(table, "try", fmt.Sprintf("ip daddr %s drop", ip)); err != nil {
		return err
	}
	c, err := net.DialTimeout("tcp", l.Addr().String(), 200*time.Millisecond)
	if err == nil {
		c.Close()
		return errors.Join(errors.New("nft drops nothing, whatever it is told"), removeTable(table))
	}
	return removeTable(table)
}

// tableName has the process in it, so that a later one finds what a crashed one has left.
func tableName(pid int, rest string) string { return fmt.Sprintf("weir_test_%d_%s", pid, rest) }

var tableNames = regexp.MustCompile(`(?m)^table ip (weir_test_(\d+)_\w+)$`)

// removeStale removes the tables of processes that are gone.
func removeStale() error {
	tables, err := nft("list tables ip")
	if err != nil {
		return err
	}
	for _, match := range tableNames.FindAllStringSubmatch(tables, -1) {
		if pid, err := strconv.Atoi(match[2]); err != nil || syscall.Kill(pid, 0) != syscall.ESRCH {
			continue
		}
		if err := removeTable(match[1]); err != nil {
			return err
		}
	}
	return nil
}

// addChain adds rules for what arrives at this machine. There, not where it leaves: the sender of a
// packet dropped on leaving is told, in the case of UDP.
func addChain(table, chain string, rules ...string) error {
	_, err := nft(fmt.Sprintf("table ip %s {\n chain %s {\n type filter hook input priority filter;\n %s\n }\n}",
		table, chain, strings.Join(rules, "\n ")))
	return err
}

// removeTable removes the table, or nothing if there is none.
func removeTable(table string) error {
	_, err := nft(fmt.Sprintf("add table ip %s\ndelete table ip %[1]s", table))
	return err
}

// nft runs a script, all of it or nothing.
func nft(script string) (output string, err error) {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("nft: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}
