package discovery

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// The file of a snapshot is a line of its own kind, version and checksum, then for each query a
// line that says how many lines of instances follow. All lines are JSON.
const (
	snapshotKind   = `{"weir_snapshot":`
	snapshotFormat = snapshotKind + `1,`
	snapshotHeader = snapshotFormat + `"sha256":"%x"}` + "\n" // of all that follows
)

// encodeSnapshot returns the whole content of the file.
func encodeSnapshot(kept map[string]storedSet) ([]byte, error) {
	header := fmt.Appendf(nil, snapshotHeader, [sha256.Size]byte{}) // its length never changes
	content := bytes.NewBuffer(header)
	lines := json.NewEncoder(content)
	lines.SetEscapeHTML(false) // for who reads it
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		stored := kept[key]
		if err := lines.Encode(storedSetLine{stored.query, stored.confirmed.UTC(), len(stored.set.Instances)}); err != nil {
			return nil, err
		}
		for i := range stored.set.Instances {
			if err := lines.Encode(newStoredInstance(&stored.set.Instances[i])); err != nil {
				return nil, err
			}
		}
	}
	b := content.Bytes()
	copy(b, fmt.Sprintf(snapshotHeader, sha256.Sum256(b[len(header):])))
	return b, nil
}

var (
	errSnapshotKind   = errors.New("it is no snapshot of weir: does snapshot_file name another file?")
	errSnapshotFormat = errors.New("another version of weir wrote it, in a format that this one doesn't know")
	errSnapshotSum    = errors.New("its checksum is wrong: it was cut off, damaged or edited")
	errSnapshotForm   = errors.New("it has its checksum, but not the form that weir writes")
)

// decodeSnapshot returns the sets, by their queries' keys, of a content that encodeSnapshot could
// have returned, and of no other.
func decodeSnapshot(content []byte) (map[string]storedSet, error) {
	header, body, _ := bytes.Cut(content, []byte("\n"))
	switch {
	case !bytes.HasPrefix(header, []byte(snapshotKind)):
		return nil, errSnapshotKind
	case !bytes.HasPrefix(header, []byte(snapshotFormat)):
		return nil, errSnapshotFormat
	case fmt.Sprintf(snapshotHeader, sha256.Sum256(body)) != string(header)+"\n":
		return nil, errSnapshotSum
	}
	kept := map[string]storedSet{}
	for lines := json.NewDecoder(bytes.NewReader(body)); ; {
		var line storedSetLine
		err := lines.Decode(&line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errSnapshotForm, err)
		}
		var instances []Instance
		for range line.Instances {
			var in storedInstance
			if err := lines.Decode(&in); err != nil {
				return nil, fmt.Errorf("%w: %w", errSnapshotForm, err)
			}
			instance, err := in.instance()
			if err != nil {
				return nil, fmt.Errorf("%w: %s: %w", errSnapshotForm, line.Query.Service, err)
			}
			instances = append(instances, instance)
		}
		kept[line.Query.key()] = storedSet{line.Query, NewSet(instances, line.Confirmed), line.Confirmed}
	}
	// Unknown fields, two of one name, two of one identity, a wrong order: what isn't written
	// like that again.
	again, err := encodeSnapshot(kept)
	if err != nil || !bytes.Equal(again, content) {
		return nil, errSnapshotForm
	}
	return kept, nil
}
