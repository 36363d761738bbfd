package discovery

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

func BenchmarkSnapshotWrite(b *testing.B) {
	for _, services := range []int{1, 10} {
		b.Run(fmt.Sprintf("%dx10000", services), func(b *testing.B) {
			kept := map[string]storedSet{}
			for n := range services {
				q := newStoredQuery(Query{Service: fmt.Sprintf("s%d", n)}, SnapshotOptions{})
				kept[q.key()] = storedSet{q, NewSet(manyInstances(10_000), time.Now()), time.Now()}
			}
			file := snapshotFile(filepath.Join(b.TempDir(), "weir.snapshot"))
			b.ReportAllocs()
			for b.Loop() {
				content, err := encodeSnapshot(kept)
				if err == nil {
					err = file.write(content, false)
				}
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(content)))
			}
		})
	}
}

func BenchmarkSnapshotRead(b *testing.B) {
	q := newStoredQuery(webQuery, SnapshotOptions{})
	content, err := encodeSnapshot(map[string]storedSet{q.key(): {q, NewSet(manyInstances(10_000), time.Now()), time.Now()}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeSnapshot(content); err != nil {
			b.Fatal(err)
		}
	}
}
