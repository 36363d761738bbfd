package operate

import (
	"fmt"
	"os"
	"path/filepath"
)

// A broken binary is one that can't take over.
type broken struct {
	name string
	text func(*site) string // nil: it is the right one
	mode os.FileMode        // 0: one that can be executed
	says string             // what weir says of it
	slow bool               // only in the full form
}

var brokenOnes = []broken{
	{name: "crashes at once", text: script("kill -SEGV $$"), says: "segmentation"},
	{name: "rejects the configuration", text: func(s *site) string {
		bad := filepath.Join(s.t.TempDir(), "bad.hcl")
		if err := os.WriteFile(bad, []byte("colour = 1\n"), 0o600); err != nil {
			s.t.Fatal(err)
		}
		good := filepath.Join(s.t.TempDir(), "good")
		if err := os.WriteFile(good, s.weir.Built(s.t), 0o700); err != nil {
			s.t.Fatal(err)
		}
		return fmt.Sprintf("#!/bin/sh\nexec %s run --config %s\n", good, bad)
	}, says: "colour"},
	{name: "ends at once as if all were well", text: script("exit 0"), says: "ended"},
	{name: "is no program", text: func(*site) string { return "\x7fELF, or so" }, says: "exec format"},
	{name: "may not be executed", mode: 0o600, says: "permission denied"},
	{name: "complains and fails", text: script("echo the libraries are missing >&2; exit 3"), says: "libraries"},
	{name: "hangs", text: script("exec sleep 600"), says: "30s", slow: true},
}

func script(line string) func(*site) string {
	return func(*site) string { return "#!/bin/sh\n" + line + "\n" }
}

// put replaces the site's binary by it.
func (b broken) put(s *site) {
	content, mode := s.weir.Built(s.t), os.FileMode(0o700)
	if b.text != nil {
		content = []byte(b.text(s))
	}
	if b.mode != 0 {
		mode = b.mode
	}
	s.weir.Replace(s.t, content, mode)
}
