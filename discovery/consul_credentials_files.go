package discovery

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
)

// followed are files that make sense together only: they are read, used and refused as one
// whole. Each look reads them: a file's time doesn't show two writes within a few milliseconds,
// and a few kilobytes a second cost nothing.
type followed struct {
	paths []string                   // "" for a file that there is none of
	use   func(texts [][]byte) error // without the white space around them
	log   hclog.Logger

	changed, refused, usable string // what is logged

	inUse digest
	bad   digest // what was refused since; zero: nothing was
}

// A digest is of what files hold, or of why they can't be read.
type digest [sha256.Size]byte

// load uses what is there at the start.
func (f *followed) load() error {
	texts, sum, err := f.read()
	if err != nil {
		return err
	}
	f.inUse = sum
	return f.use(texts)
}

// look uses what is new, if it is any good.
func (f *followed) look() {
	texts, sum, err := f.read()
	switch sum {
	case f.bad:
		return
	case f.inUse:
		if f.bad != (digest{}) {
			f.bad = digest{}
			f.log.Info(f.usable)
		}
		return
	}
	if err == nil {
		err = f.use(texts)
	}
	if err != nil {
		f.bad = sum
		f.log.Warn(f.refused, "error", err)
		return
	}
	f.inUse, f.bad = sum, digest{}
	f.log.Info(f.changed)
}

// read fails for an empty file too: without its text the other files would mean something else.
func (f *followed) read() (texts [][]byte, sum digest, err error) {
	h := sha256.New()
	for _, path := range f.paths {
		text, failed := readText(path)
		fmt.Fprintln(h, len(text), failed)
		h.Write(text)
		texts = append(texts, text)
		if err == nil {
			err = failed
		}
	}
	return texts, digest(h.Sum(nil)), err
}

func readText(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return text, nil
}
