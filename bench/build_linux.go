package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// weirBinary is the one named, or else built from the repository.
func weirBinary(ctx context.Context, o options, root, temp string) (string, error) {
	switch {
	case o.weir != "":
		return filepath.Abs(o.weir)
	case root == "":
		return "", fmt.Errorf("run it within weir's repository, or name a binary by --weir")
	}
	fmt.Fprintln(os.Stderr, "building weir")
	return buildWeir(ctx, root, temp)
}

// buildWeir builds the repository's weir as make build does.
func buildWeir(ctx context.Context, root, temp string) (string, error) {
	version := "dev"
	describe := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty")
	describe.Dir = root
	if out, err := describe.Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	path := filepath.Join(temp, "weir")
	cmd := exec.CommandContext(ctx, "go", "build", "-pgo=cmd/weir/weir.pgo", "-trimpath", "-ldflags", "-X main.version="+version, "-o", path, "./cmd/weir")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build weir: %w", err)
	}
	return path, nil
}

// repository finds weir's root: the folder above this module's. It is empty
// elsewhere.
func repository() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module weir\n") {
			return dir
		}
	}
	return ""
}
