package rig

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// Whatever happens to the frames of a stream is seen by whoever reads them.
func TestFrames(t *testing.T) {
	var frames [][]byte
	for f := (framer{stream: 7, direction: fromServer}); len(frames) < 4; {
		frames = append(frames, slices.Clone(f.next(goesOn, nil)))
	}
	last := framer{stream: 7, direction: fromServer, number: 4}
	frames = append(frames, slices.Clone(last.next(isLast, nil)))
	foreign := func(stream uint32, direction byte) []byte {
		f := framer{stream: stream, direction: direction, number: 2}
		return slices.Clone(f.next(goesOn, nil))
	}
	complaint := (&framer{stream: 7, direction: fromServer}).next(complains, []byte("nonsense"))
	for _, c := range []struct {
		name   string
		change func([][]byte) [][]byte
		want   string
	}{
		{"nothing", func(f [][]byte) [][]byte { return f }, ""},
		{"one lost", func(f [][]byte) [][]byte { return slices.Delete(f, 2, 3) }, "got frame 3, want 2"},
		{"one doubled", func(f [][]byte) [][]byte { return slices.Insert(f, 2, f[1]) }, "got frame 1, want 2"},
		{"two swapped", func(f [][]byte) [][]byte { f[1], f[2] = f[2], f[1]; return f }, "got frame 2, want 1"},
		{"a byte changed", func(f [][]byte) [][]byte { f[2] = slices.Clone(f[2]); f[2][30]++; return f }, "wrong checksum"},
		{"a bit of the number changed", func(f [][]byte) [][]byte { f[2] = slices.Clone(f[2]); f[2][7] ^= 4; return f }, "wrong checksum"},
		{"another stream's", func(f [][]byte) [][]byte { f[2] = foreign(8, fromServer); return f }, "stream 8"},
		{"the other direction's", func(f [][]byte) [][]byte { f[2] = foreign(7, fromClient); return f }, "from 'c'"},
		{"ended between frames", func(f [][]byte) [][]byte { return f[:3] }, "EOF"},
		{"ended in a frame", func(f [][]byte) [][]byte { f[3] = f[3][:20]; return f[:4] }, "in the middle"},
		{"a complaint", func(f [][]byte) [][]byte { f[1] = complaint; return f }, "the backend got nonsense"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := bytes.Join(c.change(slices.Clone(frames)), nil)
			u := unframer{stream: 7, direction: fromServer, in: bufio.NewReader(bytes.NewReader(in))}
			var err error
			for last := false; err == nil && !last; {
				last, err = u.next()
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if c.want == "EOF" && err != io.EOF {
				t.Errorf("got %v, want io.EOF itself", err)
			}
		})
	}
}
