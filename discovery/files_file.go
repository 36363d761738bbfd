package discovery

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"
)

// Some 20,000 definitions. Parsing takes seconds beyond that, and whoever
// points weir at a folder of other things shall hear of it.
const maxFileSize = 4 << 20

// A file with no end of mistakes is not worth a line for each.
const maxProblems = 10

// A file is what is known of one definition file.
type file struct {
	path string
	log  hclog.Logger

	sum         [sha256.Size]byte // of the newest content
	definitions []definition      // of the newest content, if that has no problems
	problems    []problem

	good []definition // the last content that was in force as a whole
	ever bool         // there was such content
	said string       // the problems and the content they were last logged for
}

func newFile(path string, log hclog.Logger) *file { return &file{path: path, log: log} }

// read takes in the newest content. It is false when there is no such file
// after all.
func (f *file) read() bool {
	src, err := f.content()
	switch {
	case err != nil && gone(f.path):
		return false
	case err != nil:
		f.sum, f.definitions, f.problems = [sha256.Size]byte{}, nil, f.whole("%v", err)
	case src == nil: // a folder, a socket
		return false
	case sha256.Sum256(src) == f.sum:
	case len(src) == 0:
		// Consul takes an empty file for no services; more likely it is being written.
		f.sum, f.definitions, f.problems = sha256.Sum256(src), nil, f.whole("the file is empty")
	default:
		f.sum = sha256.Sum256(src)
		f.definitions, f.problems = parseDefinitions(f.path, src)
		f.warn()
	}
	return true
}

// content is the file's content, not nil; nil for what isn't a file.
func (f *file) content() ([]byte, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil // to open a named pipe could take for ever
	}
	r, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	src, err := io.ReadAll(io.LimitReader(r, maxFileSize+1))
	if err != nil {
		return nil, err
	}
	if len(src) > maxFileSize {
		return nil, fmt.Errorf("file is larger than %d MiB", maxFileSize>>20)
	}
	return src, nil
}

// whole is a problem of the file as such.
func (f *file) whole(format string, args ...any) []problem {
	start := hcl.Range{Filename: f.path, Start: hcl.InitialPos, End: hcl.InitialPos}
	return []problem{{at: start, reason: fmt.Sprintf(format, args...)}}
}

// settle decides what of the file is in force, given the IDs that files before
// it have, and logs what is wrong with it. It is to be called at every scan:
// other files may make this one good or bad.
func (f *file) settle(before map[string]hcl.Range) []definition {
	problems := f.problems
	for _, def := range f.definitions {
		if at, ok := before[def.instance.Service]; ok && len(f.problems) == 0 {
			problems = append(problems, problem{at: def.at, reason: taken(def.instance.Service, at)})
		}
	}
	f.report(problems)
	if len(problems) == 0 {
		f.good, f.ever = f.definitions, true
		return f.good
	}
	return slices.DeleteFunc(slices.Clone(f.good), func(def definition) bool {
		_, ok := before[def.instance.Service]
		return ok
	})
}

// warn tells, once for each content, what of it can't be balanced.
func (f *file) warn() {
	if len(f.problems) > 0 {
		return
	}
	for _, def := range f.definitions {
		if def.skip != "" {
			f.log.Warn("instance left out", "service", def.service, "instance", def.instance.String(),
				"reason", place(def.at)+": "+def.skip)
		}
	}
}

// report logs each problem once, and again only when the file has changed.
func (f *file) report(problems []problem) {
	var lines strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&lines, p)
	}
	said := lines.String()
	if said != "" {
		said += string(f.sum[:])
	}
	if said == f.said {
		return
	}
	if said == "" {
		f.log.Info("definition file is good again", "file", f.path)
	}
	f.said = said

	message := "definition file is bad, nothing of it is used"
	if f.ever {
		message = "definition file is bad, its last good content stays in force"
	}
	for i, p := range problems {
		if i == maxProblems {
			f.log.Error(message, "error", fmt.Sprintf("%s: %d more problems", f.path, len(problems)-i))
			break
		}
		f.log.Error(message, "error", p.String())
	}
}
