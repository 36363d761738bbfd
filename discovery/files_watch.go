package discovery

import (
	"os"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/hashicorp/go-hclog"
)

const (
	// A folder that went away, or was replaced behind a link, is looked for this often.
	folderCheck = time.Second
	// Every so many checks the files are read all the same: not all file
	// systems tell of changes, and links may lead out of the folder.
	rereadTicks = 10
	// A change is read when this long nothing else has changed: writers need
	// several steps, such as truncate and write, or remove and rename.
	quiet = 100 * time.Millisecond
	// In a folder that never rests, a change is read after this long.
	patience = time.Second
)

// folderWatch is told of changes in the folder that a path names. Only its
// owner's goroutine may call it.
type folderWatch struct {
	dir     string
	log     hclog.Logger
	fs      *fsnotify.Watcher // nil: the system gave none
	watched os.FileInfo       // the folder under watch; nil: none is
	said    string            // the error last logged
}

func newFolderWatch(dir string, log hclog.Logger) *folderWatch {
	fs, err := fsnotify.NewWatcher()
	w := &folderWatch{dir: dir, log: log, fs: fs}
	if err != nil {
		w.fs = nil
		w.note(err)
	}
	return w
}

func (w *folderWatch) close() {
	if w.fs != nil {
		w.fs.Close()
	}
}

// events and errors are nil, and so never ready, where there is no watcher.
func (w *folderWatch) events() <-chan fsnotify.Event {
	if w.fs == nil {
		return nil
	}
	return w.fs.Events
}

func (w *folderWatch) errors() <-chan error {
	if w.fs == nil {
		return nil
	}
	return w.fs.Errors
}

// follow puts the watch on the folder that the path names now, and reports
// whether that is another one than before, so that it must be read.
func (w *folderWatch) follow() bool {
	now, err := os.Stat(w.dir)
	if err != nil {
		changed := w.watched != nil
		w.leave()
		return changed // reading it tells the reason
	}
	if w.watched != nil && os.SameFile(now, w.watched) && w.alive() {
		return false
	}
	w.leave()
	w.watched = now
	if w.fs != nil {
		if err := w.fs.Add(w.dir); err != nil {
			w.watched = nil // tried, and read, at each check
			w.note(err)
		}
	}
	return true
}

// alive reports whether the watcher still has the folder. It drops one that
// was removed, whose inode number a new folder may bear.
func (w *folderWatch) alive() bool { return w.fs == nil || slices.Contains(w.fs.WatchList(), w.dir) }

func (w *folderWatch) leave() {
	if w.watched != nil && w.fs != nil {
		w.fs.Remove(w.dir) // an error says that it is gone already
	}
	w.watched = nil
}

func (w *folderWatch) note(err error) {
	if w.said != err.Error() {
		w.said = err.Error()
		w.log.Warn("no events for the folder, it is read now and then", "dir", w.dir, "error", err)
	}
}

// A debounce tells when changes have settled.
type debounce struct {
	timer *time.Timer
	since time.Time // of the first change that is not settled; zero: none
}

func newDebounce() *debounce {
	d := &debounce{timer: time.NewTimer(0)}
	d.timer.Stop()
	return d
}

// C is ready once, when all changes have settled; then settled must be called.
func (d *debounce) C() <-chan time.Time { return d.timer.C }

// touch notes a change.
func (d *debounce) touch(now time.Time) {
	if d.since.IsZero() {
		d.since = now
	}
	d.timer.Reset(min(quiet, d.since.Add(patience).Sub(now)))
}

func (d *debounce) settled() { d.since = time.Time{} }

func (d *debounce) stop() { d.timer.Stop() }
