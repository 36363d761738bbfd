package upgrade

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	var many strings.Builder
	for i := range 30 {
		fmt.Fprintln(&many, i)
	}
	for _, c := range []struct {
		name, said, want string
	}{
		{"nothing", "", "it said nothing on standard error"},
		{"blank lines", "\n \r\n", "it said nothing on standard error"},
		{"one", "a\n", "its last words:\na"},
		{"not ended", "a\nb", "its last words:\na\nb"},
		{"the last ones", many.String(), "its last words:\n20\n21\n22\n23\n24\n25\n26\n27\n28\n29"},
		{"why it crashed, not where", "log\npanic: no luck\n\ngoroutine 1:\n" + many.String(), "its last words:\npanic: no luck\ngoroutine 1:\n0\n1\n2"},
		{"a long line", long + "\n", "its last words:\n" + strings.Repeat(strings.Repeat("x", maxWord)+"...\n", 2) + strings.Repeat("x", maxWord) + "..."},
		{"no text", "\x00\x1b[31m\xff\n", "its last words:\n" + `"\x00\x1b[31m\xff"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w words
			var passed bytes.Buffer
			w.listen(strings.NewReader(c.said), &passed)
			if got := w.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got, want := passed.String(), c.said; strings.TrimSuffix(got, "\n") != strings.TrimSuffix(want, "\n") {
				t.Errorf("passed on %d bytes of %d", len(got), len(want))
			}
		})
	}
}
