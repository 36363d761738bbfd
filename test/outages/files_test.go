package outages

import (
	"os"
	"path/filepath"
	"time"
)

// What weir says of service files.
const (
	folderGone = "folder can't be read, its last good content stays in force"
	folderBack = "folder can be read again"
)

// fileFaults are what happens to a folder of service files.
var fileFaults = []fault{
	{
		name:  "folder of service files vanishes and returns",
		lasts: length{3 * time.Second, time.Minute},
		world: filesWorld,
		inject: func(s *scene) func() {
			away := s.folder.dir + ".away"
			s.must(os.Rename(s.folder.dir, away))
			return func() { s.must(os.Rename(away, s.folder.dir)) }
		},
		says: []string{folderBack},
	},
	{
		name:  "service files truncated and rewritten again and again",
		world: filesWorld,
		inject: func(s *scene) func() {
			for range 5 {
				s.eachFile(func(path string, text []byte) { s.must(os.Truncate(path, 0)) })
				s.settle(500 * time.Millisecond)
				s.eachFile(func(path string, text []byte) { s.must(os.WriteFile(path, text[:len(text)/2], 0o600)) })
				s.settle(500 * time.Millisecond)
				s.eachFile(func(path string, text []byte) { s.must(os.WriteFile(path, text, 0o600)) })
				s.settle(200 * time.Millisecond)
			}
			return nil
		},
	},
	{
		name:  "all service files deleted and back",
		lasts: length{3 * time.Second, time.Minute},
		world: filesWorld,
		inject: func(s *scene) func() {
			s.eachFile(func(path string, text []byte) { s.must(os.Remove(path)) })
			return func() {
				s.eachFile(func(path string, text []byte) { s.must(os.WriteFile(path, text, 0o600)) })
			}
		},
		says: []string{holding, returned},
	},
	{
		name:  "service files swapped by symlink, as Kubernetes does, again and again",
		world: configMapWorld,
		inject: func(s *scene) func() {
			for range 20 {
				s.must(s.folder.publish())
				s.settle(150 * time.Millisecond)
			}
			return nil
		},
	},
}

// eachFile does something to every definition file that was there at first, with what was in it.
func (s *scene) eachFile(do func(path string, text []byte)) {
	for name, text := range s.folder.files() {
		do(filepath.Join(s.folder.dir, name), []byte(text))
	}
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
