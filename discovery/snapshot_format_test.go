package discovery

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// someKept is what a snapshot may hold.
func someKept(rng *rand.Rand) map[string]storedSet {
	word := func() string {
		words := []string{"", "web", "db-1", "zürich", "a b", `"`, `\`, "<&>", "\u2028", "日本", "\x00"}
		return words[rng.IntN(len(words))]
	}
	kept := map[string]storedSet{}
	for range rng.IntN(5) {
		query := newStoredQuery(
			Query{Service: word(), Tags: slices.Repeat([]string{word(), word()}, rng.IntN(2)), Filter: word(), Datacenter: word()},
			SnapshotOptions{Datacenter: word(), Namespace: word(), Partition: word()})
		var instances []Instance
		for range rng.IntN(20) {
			instances = append(instances, Instance{
				Identity: Identity{word(), word(), word(), word(), word()},
				Host:     []string{"10.0.0.1", "fe80::1%eth0", "db.example.com"}[rng.IntN(3)],
				Port:     1 + rng.IntN(65535),
				Passing:  rng.IntN(maxWeight + 1),
				Warning:  rng.IntN(maxWeight + 1),
				Status:   Status(rng.IntN(int(Maintenance) + 1)),
				Held:     rng.IntN(2) == 0,
			})
		}
		at := time.Unix(rng.Int64N(1<<33), rng.Int64N(1e9))
		kept[query.key()] = storedSet{query, NewSet(instances, at), at}
	}
	return kept
}

func sameKept(t *testing.T, got, want map[string]storedSet) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %d sets, want %d", len(got), len(want))
	}
	for key, w := range want {
		if g, ok := got[key]; !ok || !g.set.Equal(w.set) || !g.confirmed.Equal(w.confirmed) || g.query.key() != key {
			t.Errorf("%s:\n got %+v\nwant %+v", key, g, w)
		}
	}
}

func encoded(t *testing.T, kept map[string]storedSet) []byte {
	t.Helper()
	content, err := encodeSnapshot(kept)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// sealed is a body with the header that fits it.
func sealed(body string) []byte {
	return []byte(fmt.Sprintf(snapshotHeader, sha256.Sum256([]byte(body))) + body)
}

func TestSnapshotComesBackAsItWas(t *testing.T) {
	for seed := range uint64(500) {
		want := someKept(rand.New(rand.NewPCG(seed, 4)))
		got, err := decodeSnapshot(encoded(t, want))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		sameKept(t, got, want)
	}
}

// What an operator sees, and what later versions must read or refuse by its number.
func TestSnapshotFormat(t *testing.T) {
	query := newStoredQuery(Query{Service: "web", Tags: []string{"v1", "blue"}, Filter: "a < b"}, SnapshotOptions{Datacenter: "dc1"})
	at := time.Date(2026, 11, 22, 16, 0, 0, 5e8, time.FixedZone("CET", 3600))
	kept := map[string]storedSet{query.key(): {query, NewSet([]Instance{
		{Identity: Identity{Datacenter: "dc1", Node: "n1", Service: "web-1"}, Host: "10.0.0.1", Port: 80, Passing: 5, Warning: 1, Status: Passing},
		{Identity: Identity{Datacenter: "dc1", Node: "n2", Service: "web-2"}, Host: "10.0.0.2", Port: 80, Passing: 5, Warning: 1, Status: Critical, Held: true},
	}, at), at}}
	const body = `{"query":{"service":"web","tags":["blue","v1"],"filter":"a < b","datacenter":"dc1"},"confirmed":"2026-11-22T15:00:00.5Z","instances":2}
{"node":"n1","id":"web-1","datacenter":"dc1","host":"10.0.0.1","port":80,"passing":5,"warning":1,"status":"passing"}
{"node":"n2","id":"web-2","datacenter":"dc1","host":"10.0.0.2","port":80,"passing":5,"warning":1,"status":"critical","held":true}
`
	if got := encoded(t, kept); !bytes.Equal(got, sealed(body)) {
		t.Errorf("got\n%s\nwant\n%s", got, sealed(body))
	}
}

// Each is refused with its reason, checksum or not.
func TestSnapshotRefuses(t *testing.T) {
	const (
		set      = `{"query":{"service":"web"},"confirmed":"2026-11-22T15:00:00Z","instances":1}` + "\n"
		instance = `{"id":"a","host":"10.0.0.1","port":80,"passing":1,"warning":1,"status":"passing"}` + "\n"
	)
	if _, err := decodeSnapshot(sealed(set + instance)); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	with := func(was, is string) []byte { return sealed(strings.Replace(set+instance, was, is, 1)) }
	for _, c := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"nothing", nil, errSnapshotKind},
		{"a newline", []byte("\n"), errSnapshotKind},
		{"another program's JSON", []byte(`{"version":1,"services":[]}`), errSnapshotKind},
		{"a configuration", []byte("consul {\n  address = \"127.0.0.1:8500\"\n}\n"), errSnapshotKind},
		{"another version", bytes.Replace(sealed(set+instance), []byte(`:1,`), []byte(`:2,`), 1), errSnapshotFormat},
		{"a later minor version", bytes.Replace(sealed(set+instance), []byte(`:1,`), []byte(`:10,`), 1), errSnapshotFormat},
		{"header alone", []byte(strings.TrimSpace(string(sealed("")))), errSnapshotForm},
		{"header cut", sealed(set + instance)[:40], errSnapshotSum},
		{"cut", sealed(set + instance)[:len(sealed(set+instance))-1], errSnapshotSum},
		{"trailing bytes", append(sealed(set+instance), '\n'), errSnapshotSum},
		{"edited", bytes.Replace(sealed(set+instance), []byte("10.0.0.1"), []byte("10.0.0.2"), 1), errSnapshotSum},
		{"sealed trailing bytes", sealed(set + instance + " "), errSnapshotForm},
		{"sealed garbage", sealed(set + instance + "x"), errSnapshotForm},
		{"an instance too few", sealed(set), errSnapshotForm},
		{"an instance too many", sealed(set + instance + instance), errSnapshotForm},
		{"an identity twice", sealed(strings.Replace(set, ":1}", ":2}", 1) + instance + instance), errSnapshotForm},
		{"a query twice", sealed(set + instance + set + instance), errSnapshotForm},
		{"a negative number", sealed(strings.Replace(set, ":1}", ":-1}", 1)), errSnapshotForm},
		{"a huge number", sealed(strings.Replace(set, ":1}", ":9223372036854775807}", 1) + instance), errSnapshotForm},
		{"an unknown field of the query", with(`"service":`, `"peer":"x","service":`), errSnapshotForm},
		{"an unknown field of the set", with(`"confirmed":`, `"index":7,"confirmed":`), errSnapshotForm},
		{"an unknown field of the instance", with(`"id":`, `"kind":"x","id":`), errSnapshotForm},
		{"a field twice", with(`"id":"a"`, `"id":"b","id":"a"`), errSnapshotForm},
		{"a field in another case", with(`"id"`, `"ID"`), errSnapshotForm},
		{"no time", with(`"confirmed":"2026-11-22T15:00:00Z",`, ``), errSnapshotForm},
		{"no such time", with(`11-22T`, `11-32T`), errSnapshotForm},
		{"port 0", with(`:80`, `:0`), errSnapshotForm},
		{"port 65536", with(`:80`, `:65536`), errSnapshotForm},
		{"a negative weight", with(`"passing":1`, `"passing":-1`), errSnapshotForm},
		{"a huge weight", with(`"warning":1`, `"warning":65536`), errSnapshotForm},
		{"no such status", with(`"status":"passing"`, `"status":"fine"`), errSnapshotForm},
		{"no host", with(`10.0.0.1`, ``), errSnapshotForm},
		{"no such host", with(`10.0.0.1`, `10.0.0.1:80`), errSnapshotForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept, err := decodeSnapshot(c.content)
			if !errors.Is(err, c.want) || kept != nil {
				t.Errorf("got %v, %v, want %v", kept, err, c.want)
			}
		})
	}
}

// Whatever is done to the bytes, what is accepted is what was written.
func TestSnapshotDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	kept := someKept(rng)
	for len(kept) < 3 {
		kept = someKept(rng)
	}
	whole := encoded(t, kept)
	foreign, err := os.ReadFile(filepath.Join("..", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	damages := []struct {
		name string
		do   func(b []byte) []byte
	}{
		{"a bit", func(b []byte) []byte { b[rng.IntN(len(b))] ^= 1 << rng.IntN(8); return b }},
		{"a byte", func(b []byte) []byte { b[rng.IntN(len(b))] = byte(rng.Uint32()); return b }},
		{"cut off", func(b []byte) []byte { return b[:rng.IntN(len(b))] }},
		{"a piece missing", func(b []byte) []byte {
			i := rng.IntN(len(b))
			return slices.Delete(b, i, i+rng.IntN(len(b)-i)+1)
		}},
		{"a piece twice", func(b []byte) []byte {
			i := rng.IntN(len(b))
			return slices.Insert(b, i, slices.Clone(b[i:i+rng.IntN(len(b)-i)+1])...)
		}},
		{"a block of zeros", func(b []byte) []byte { clear(b[rng.IntN(len(b)):]); return b }},
		{"another file's end", func(b []byte) []byte { return append(b[:rng.IntN(len(b))], foreign...) }},
		{"a line missing", func(b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			i := rng.IntN(len(lines) - 1)
			return bytes.Join(slices.Delete(lines, i, i+1), nil)
		}},
	}
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			for range 300 {
				b := d.do(slices.Clone(whole))
				got, err := decodeSnapshot(b)
				if err == nil && !bytes.Equal(b, whole) {
					t.Errorf("accepted %q", b)
				}
				if err == nil {
					sameKept(t, got, kept)
				}
			}
		})
	}
}

// No bytes make it panic, and what it accepts is what it would write.
func FuzzSnapshot(f *testing.F) {
	for seed := range uint64(20) {
		content, err := encodeSnapshot(someKept(rand.New(rand.NewPCG(seed, 4))))
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := bytes.Cut(content, []byte("\n"))
		f.Add(body, false)
		f.Add(content, true)
	}
	f.Fuzz(func(t *testing.T, text []byte, whole bool) {
		if !whole {
			text = sealed(string(text))
		}
		kept, err := decodeSnapshot(text)
		if err != nil {
			return
		}
		if again := encoded(t, kept); !bytes.Equal(again, text) {
			t.Errorf("accepted\n%q\nwhich is written as\n%q", text, again)
		}
		for key, stored := range kept {
			for i, in := range stored.set.Instances {
				if i > 0 && stored.set.Instances[i-1].compare(&in.Identity) >= 0 {
					t.Errorf("%s: %s comes after %s", key, in.Identity, stored.set.Instances[i-1].Identity)
				}
				if in.Port < 1 || in.Port > 65535 || in.Host == "" || in.Passing < 0 || in.Warning < 0 || in.Status > Maintenance {
					t.Errorf("%s: accepted %+v", key, in)
				}
			}
		}
	})
}
