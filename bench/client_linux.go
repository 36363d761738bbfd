package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"

	"weir/bench/load"
)

// told is one line that a client process prints.
type told struct {
	Progress *load.Progress `json:",omitempty"`
	Result   *load.Result   `json:",omitempty"`
}

// runClient runs a client process to its end.
func (b *bench) runClient(ctx context.Context, job load.Job, tell func(load.Progress)) (load.Result, error) {
	input, err := json.Marshal(job)
	if err != nil {
		return load.Result{}, err
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, b.self, "client")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return load.Result{}, err
	}
	if err := b.spawner.Start(cmd, syscall.SIGKILL); err != nil {
		return load.Result{}, fmt.Errorf("start clients: %w", err)
	}
	result, err := listen(out, tell)
	if werr := cmd.Wait(); werr != nil {
		if ctx.Err() != nil {
			return load.Result{}, ctx.Err()
		}
		return load.Result{}, fmt.Errorf("clients: %w: %s", werr, strings.TrimSpace(said.String()))
	}
	return result, err
}

func listen(out io.Reader, tell func(load.Progress)) (load.Result, error) {
	var result *load.Result
	lines := json.NewDecoder(out)
	for {
		var t told
		switch err := lines.Decode(&t); {
		case err == io.EOF && result == nil:
			return load.Result{}, fmt.Errorf("clients ended without a result")
		case err == io.EOF:
			return *result, nil
		case err != nil:
			return load.Result{}, fmt.Errorf("read from clients: %w", err)
		case t.Progress != nil:
			tell(*t.Progress)
		case t.Result != nil:
			result = t.Result
		}
	}
}
