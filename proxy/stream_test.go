package proxy

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"net"
)

// Sizes around which a relay may change its way: a buffer's worth, and how many bytes
// in a row make a direction bulk.
const (
	bufferSize = 32 << 10
	bulkSize   = 4 * bufferSize
)

// A digest is what a stream is compared by.
type digest struct {
	length int64
	hash   uint64
}

var digestSeed = maphash.MakeSeed()

// meter takes the digest of what is written to it.
type meter struct {
	hash   maphash.Hash
	length int64
}

func newMeter() *meter {
	m := new(meter)
	m.hash.SetSeed(digestSeed)
	return m
}

func (m *meter) Write(p []byte) (int, error) {
	m.length += int64(len(p))
	return m.hash.Write(p)
}

func (m *meter) digest() digest { return digest{m.length, m.hash.Sum64()} }

// noise returns n bytes that look random, the same for the same seed.
func noise(seed uint64, n int64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return io.LimitReader(rand.NewChaCha8(key), n)
}

// send writes noise to conn and ends that half. The digest is of what was sent.
func send(conn *net.TCPConn, seed uint64, n int64) (digest, error) {
	m := newMeter()
	if _, err := io.CopyBuffer(onlyWriter{conn}, io.TeeReader(noise(seed, n), m), make([]byte, 64<<10)); err != nil {
		return m.digest(), fmt.Errorf("send: %w", err)
	}
	return m.digest(), conn.CloseWrite()
}

// receive reads conn to its end.
func receive(conn io.Reader) (digest, error) {
	m := newMeter()
	if _, err := io.CopyBuffer(m, onlyReader{conn}, make([]byte, 64<<10)); err != nil {
		return m.digest(), fmt.Errorf("receive: %w", err)
	}
	return m.digest(), nil
}

// These keep io.CopyBuffer from ways around its buffer.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
