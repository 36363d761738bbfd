//go:build linux && (amd64 || arm64)

package loop

const (
	// largeBuffer is one read's worth.
	largeBuffer = 32 << 10
	// smallBuffer is enough for most of what is kept: a request that waits for its
	// backend, the rest of a write.
	smallBuffer = 2 << 10
	// maxKept bounds the buffers of each size that are kept for reuse.
	maxKept = 64
)

// buffers lends the memory for bytes under way. At rest a session holds none.
type buffers struct {
	scratch      []byte // what is read goes here first
	large, small [][]byte
}

func (b *buffers) takeLarge() []byte { return lend(&b.large, largeBuffer) }
func (b *buffers) takeSmall() []byte { return lend(&b.small, smallBuffer) }

func lend(from *[][]byte, size int) []byte {
	n := len(*from)
	if n == 0 {
		return make([]byte, size)
	}
	buf := (*from)[n-1]
	*from = (*from)[:n-1]
	return buf
}

// put takes back what was lent; any other is left to the garbage collector.
func (b *buffers) put(buf []byte) {
	to := &b.large
	switch len(buf) {
	case largeBuffer:
	case smallBuffer:
		to = &b.small
	default:
		return
	}
	if len(*to) < maxKept {
		*to = append(*to, buf)
	}
}
