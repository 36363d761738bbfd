package upgrade

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"
	"sync"
)

const (
	// maxLastWords is how many lines of a process that failed are told.
	maxLastWords = 10
	// maxWord is how much of a line is told, in bytes.
	maxWord = 300
	// maxLine is how much of a line is passed on in one piece.
	maxLine = 64 << 10
)

// words are what a new process wrote to standard error: passed on, and the last ones kept.
type words struct {
	mu   sync.Mutex // guards following
	last []string
	died bool // a Go program has said why it crashed; what follows is a stack
}

// listen passes whole lines on to w until the end of from.
func (l *words) listen(from io.Reader, w io.Writer) {
	in := bufio.NewReaderSize(from, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			l.keep(line)
			if line[len(line)-1] != '\n' && err != bufio.ErrBufferFull {
				line = append(line, '\n')
			}
			w.Write(line)
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

func (l *words) keep(line []byte) {
	line = bytes.TrimRight(line, "\r\n")
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.died && len(l.last) >= maxLastWords/2 {
		return
	}
	if !l.died && (bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: "))) {
		l.died, l.last = true, nil
	}
	l.last = append(l.last, excerpt(line))
	if len(l.last) > maxLastWords {
		l.last = l.last[1:]
	}
}

// String is the last lines, or says that there are none.
func (l *words) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == 0 {
		return "it said nothing on standard error"
	}
	return "its last words:\n" + strings.Join(l.last, "\n")
}

// excerpt is a line as a log can show it: the beginning, quoted if it isn't plain text.
func excerpt(line []byte) string {
	text := string(line[:min(len(line), maxWord)])
	if len(line) > maxWord {
		text += "..."
	}
	for _, r := range text {
		if r != '\t' && !strconv.IsPrint(r) {
			return strconv.Quote(text)
		}
	}
	return text
}
