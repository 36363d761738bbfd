package rig

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// What a stream carries are frames: their number, their place in one stream and direction, and a
// checksum over it all, so that nothing lost, doubled, swapped or changed goes unseen.
//
//	0 stream  4 number  8 checksum of the rest  12 length of the body  14 direction  15 kind  16 body
const frameHead = 16

// The kinds of frame.
const (
	goesOn    = iota
	isLast    // its sender ends with it
	complains // its body says what was wrong with what came from the other side
)

// The directions.
const (
	fromClient = 'c'
	fromServer = 's'
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A framer makes the frames of one direction.
type framer struct {
	stream    uint32
	direction byte
	number    uint32 // of the next one
	buf       []byte
}

// next is valid until the next call. Frames of the two directions differ in size.
func (f *framer) next(kind byte, body []byte) []byte {
	if body == nil {
		size := 40 + int(f.number*2654435761%1000)
		if f.direction == fromServer {
			size = size*2 + 1
		}
		for len(f.buf) < frameHead+size {
			f.buf = append(f.buf, byte(f.stream)+byte(len(f.buf)*7))
		}
		body = f.buf[frameHead : frameHead+size]
		binary.BigEndian.PutUint32(body, f.number^f.stream)
	}
	frame := append(append(f.buf[:0], make([]byte, frameHead)...), body...)
	binary.BigEndian.PutUint32(frame[0:], f.stream)
	binary.BigEndian.PutUint32(frame[4:], f.number)
	binary.BigEndian.PutUint16(frame[12:], uint16(len(body)))
	frame[14], frame[15] = f.direction, kind
	binary.BigEndian.PutUint32(frame[8:], checksum(frame))
	f.number++
	return frame
}

func checksum(frame []byte) uint32 {
	sum := crc32.Checksum(frame[:8], castagnoli)
	return crc32.Update(sum, castagnoli, frame[12:])
}

// An unframer checks those of the other direction.
type unframer struct {
	stream    uint32
	direction byte
	number    uint32 // that must come next
	in        *bufio.Reader
	buf       []byte
}

// next reads one frame, whose sender may have said that it is the last.
func (u *unframer) next() (last bool, err error) {
	u.buf = append(u.buf[:0], make([]byte, frameHead)...)
	if _, err := io.ReadFull(u.in, u.buf); err != nil {
		return false, err // at the end of a frame: io.EOF
	}
	size := int(binary.BigEndian.Uint16(u.buf[12:]))
	u.buf = append(u.buf, make([]byte, size)...)
	if _, err := io.ReadFull(u.in, u.buf[frameHead:]); err != nil {
		return false, fmt.Errorf("in the middle of a frame: %w", errors.Join(io.ErrUnexpectedEOF, err))
	}
	stream, number := binary.BigEndian.Uint32(u.buf), binary.BigEndian.Uint32(u.buf[4:])
	switch kind := u.buf[15]; {
	case binary.BigEndian.Uint32(u.buf[8:]) != checksum(u.buf):
		return false, fmt.Errorf("frame %d has a wrong checksum", number)
	case kind == complains:
		return false, fmt.Errorf("the backend got %s", u.buf[frameHead:])
	case stream != u.stream || u.buf[14] != u.direction:
		return false, fmt.Errorf("got a frame of stream %d from %q, want %d from %q", stream, u.buf[14], u.stream, u.direction)
	case number != u.number:
		return false, fmt.Errorf("got frame %d, want %d", number, u.number)
	default:
		u.number++
		return kind == isLast, nil
	}
}
