// Package weir_test looks over the whole house: which room may import which, and the rules of style
// that a test can check. What breaks one is told why the rule is there.
package weir_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "weir"

// A room is a folder at the top. It may import these of weir's other rooms, by the reason.
type room struct {
	may    []string
	reason string
}

var rooms = map[string]room{
	".":         {nil, "the top holds only tests that look at files"},
	"cmd":       {[]string{"config", "discovery", "health", "balance", "proxy", "upgrade"}, "the wiring needs what runs, never what tests it"},
	"config":    {nil, "it turns HCL into plain values and hands them to whoever wires"},
	"discovery": {nil, "it publishes sets of instances and knows nothing of who uses them"},
	"health":    {nil, "it is given targets and reports verdicts, and knows nothing of Consul or of the proxy"},
	"balance":   {nil, "it is pure: values in, picks out"},
	"proxy":     {[]string{"balance"}, "the byte path sees only the snapshot that it picks from; all that can be slow or fail is kept off it"},
	"upgrade":   {nil, "it hands sockets from process to process, and knows nothing of what is served on them"},
	"test":      {[]string{"cmd", "config", "discovery", "health", "balance", "proxy", "upgrade"}, "it tests them all"},
}

// A claim says that only these rooms' code (tests aside) imports a library.
type claim struct {
	library string // and all below it
	rooms   []string
	reason  string
}

var claims = []claim{
	{
		"github.com/hashicorp/consul/api",
		[]string{"discovery", "test"},
		"all that weir knows of Consul is behind discovery.Catalog, so that another catalog can take its place",
	},
	{
		"github.com/hashicorp/hcl",
		[]string{"config", "discovery"},
		"config and service files are HCL; everybody else gets plain values",
	},
	{
		"github.com/spf13/cobra",
		[]string{"cmd"},
		"the command line is cmd's alone",
	},
	{
		"github.com/coreos/go-systemd",
		[]string{"upgrade"},
		"who the main process is, and whose the sockets are, is for one room to know",
	},
}

// impure is what balance must do without, and why.
const impure = "balance is pure, so that it can be fuzzed and costs nothing on the byte path: no sockets, no files, no logger"

var impurities = []string{"net", "net/http", "os", "syscall", "log", "log/slog", "github.com/hashicorp/go-hclog"}

// nameless are names that say nothing of what is inside.
var nameless = []string{"util", "utils", "common", "core", "types", "helpers", "internal"}

// maxLines is where a file has more than one idea in it for sure.
const maxLines = 400

// A source is one Go file.
type source struct {
	path  string // from the root, with slashes
	lines int
	*ast.File
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }
func (s source) dir() string  { return path.Dir(s.path) }
func (s source) room() string { return roomOf(s.dir()) }

// roomOf is the first part of a folder's path.
func roomOf(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

func TestHouse(t *testing.T) {
	sources, err := read(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) < 20 {
		t.Fatalf("found %d Go files: this looks in the wrong place", len(sources))
	}
	for _, complaint := range inspect(sources) {
		t.Error(complaint)
	}
}

// read parses the module's Go files, whatever system or build tag they are for. Modules inside it
// are houses of their own.
func read(root fs.FS) ([]source, error) {
	var sources []source
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, err := fs.Stat(root, path.Join(name, "go.mod"))
			hidden := strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_") || entry.Name() == "testdata"
			if name != "." && (err == nil || hidden) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		sources = append(sources, source{name, bytes.Count(text, []byte("\n")), file})
		return nil
	})
	return sources, err
}

// inspect returns what is wrong with the house, in a stable order.
func inspect(sources []source) []string {
	var complaints []string
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	for _, s := range sources {
		if _, known := rooms[s.room()]; !known {
			complain("%s: %q is no room of this house; a new one needs a reason, and a row in house_test.go", s.path, s.room())
		}
		if s.lines > maxLines && !s.isTest() {
			complain("%s: %d lines, more than %d: it has more than one idea; give each a file", s.path, s.lines, maxLines)
		}
		for _, name := range append(strings.Split(s.dir(), "/"), s.Name.Name) {
			if slices.Contains(nameless, strings.TrimSuffix(name, "_test")) {
				complain("%s: %q says nothing of what is inside; name it after its idea", s.path, name)
				break
			}
		}
		for _, spec := range s.Imports {
			if imported, err := strconv.Unquote(spec.Path.Value); err == nil {
				if complaint := objection(s, imported); complaint != "" {
					complain("%s imports %s: %s", s.path, imported, complaint)
				}
			}
		}
	}
	return append(complaints, undocumented(sources)...)
}

// objection is why the file may not import this, or empty.
func objection(s source, imported string) string {
	if below, own := strings.CutPrefix(imported, module+"/"); own {
		other := roomOf(below)
		if other == s.room() || slices.Contains(rooms[s.room()].may, other) || s.isTest() && other == "test" {
			return ""
		}
		return s.room() + " may not: " + rooms[s.room()].reason
	}
	if s.isTest() {
		return ""
	}
	if s.room() == "balance" && slices.Contains(impurities, imported) {
		return impure
	}
	for _, c := range claims {
		if (imported == c.library || strings.HasPrefix(imported, c.library+"/")) && !slices.Contains(c.rooms, s.room()) {
			return fmt.Sprintf("only %s may: %s", strings.Join(c.rooms, " and "), c.reason)
		}
	}
	return ""
}

// undocumented complains of packages without a package comment and of those with two. Where there
// is only a test, the test is the package.
func undocumented(sources []source) []string {
	documented := map[string][]string{} // files with a package comment, by folder
	onlyTests := map[string]bool{}
	for _, s := range sources {
		if _, seen := onlyTests[s.dir()]; !seen {
			onlyTests[s.dir()] = true
		}
		onlyTests[s.dir()] = onlyTests[s.dir()] && s.isTest()
	}
	for _, s := range sources {
		if s.Doc != nil && s.isTest() == onlyTests[s.dir()] {
			documented[s.dir()] = append(documented[s.dir()], path.Base(s.path))
		}
	}
	var complaints []string
	for _, dir := range slices.Sorted(maps.Keys(onlyTests)) {
		switch files := documented[dir]; len(files) {
		case 0:
			complaints = append(complaints, dir+": no package comment; say in a sentence or two what the package is for")
		case 1:
		default:
			complaints = append(complaints, fmt.Sprintf("%s: package comments in %s; a reader looks for one", dir, strings.Join(files, " and ")))
		}
	}
	return complaints
}

func TestInspect(t *testing.T) {
	const doc = "// Package x is one.\n"
	for _, c := range []struct {
		name  string
		files map[string]string // beside a good one
		want  []string          // one part of each complaint
	}{
		{"nothing wrong", nil, nil},
		{"wiring imports all", map[string]string{"cmd/weir/a.go": doc + `package main; import ("weir/config"; "weir/proxy/loop"; "github.com/spf13/cobra")`}, nil},
		{"proxy imports health", map[string]string{"proxy/a.go": doc + `package proxy; import "weir/health"`}, []string{"proxy may not: the byte path"}},
		{"a test too", map[string]string{"health/a.go": doc + "package health", "health/a_test.go": `package health; import "weir/discovery"`}, []string{"health may not"}},
		{"below a room", map[string]string{"proxy/loop/a.go": doc + `package loop; import "weir/balance"`}, nil},
		{"wiring imports the harness", map[string]string{"cmd/weir/a.go": doc + `package main; import "weir/test/consul"`}, []string{"never what tests it"}},
		{"a test imports the harness", map[string]string{"discovery/a.go": doc + "package discovery", "discovery/a_test.go": `package discovery; import "weir/test/consul"`}, nil},
		{"consul outside discovery", map[string]string{"health/a.go": doc + `package health; import "github.com/hashicorp/consul/api"`}, []string{"only discovery and test may"}},
		{"below a library", map[string]string{"proxy/a.go": doc + `package proxy; import "github.com/hashicorp/hcl/v2/gohcl"`}, []string{"only config and discovery may"}},
		{"a library's neighbour", map[string]string{"proxy/a.go": doc + `package proxy; import "github.com/hashicorp/hclish"`}, nil},
		{"balance logs", map[string]string{"balance/b.go": `package balance; import "github.com/hashicorp/go-hclog"`}, []string{"balance is pure"}},
		{"balance knows addresses", map[string]string{"balance/b.go": `package balance; import "net/netip"`}, nil},
		{"an unknown room", map[string]string{"misc/a.go": doc + "package misc"}, []string{`"misc" is no room`}},
		{"an empty name", map[string]string{"proxy/util/a.go": doc + "package util"}, []string{`"util" says nothing`}},
		{"an empty package name", map[string]string{"proxy/x/a.go": doc + "package types"}, []string{`"types" says nothing`}},
		{"a long file", map[string]string{"proxy/a.go": doc + "package proxy\n" + strings.Repeat("\n", 400)}, []string{"402 lines"}},
		{"a long test", map[string]string{"proxy/a.go": doc + "package proxy", "proxy/a_test.go": "package proxy\n" + strings.Repeat("\n", 400)}, nil},
		{"no comment", map[string]string{"proxy/a.go": "package proxy", "proxy/a_test.go": doc + "package proxy"}, []string{"proxy: no package comment"}},
		{"two comments", map[string]string{"balance/b.go": doc + "package balance"}, []string{"a.go and b.go"}},
		{"only a test, without comment", map[string]string{"test/e2e/a_test.go": "//go:build linux\n\npackage e2e"}, []string{"test/e2e: no package comment"}},
		{"another module", map[string]string{"tools/go.mod": "module other", "tools/util/a.go": "package util"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			house := fstest.MapFS{"balance/a.go": {Data: []byte(doc + "package balance\n")}, "go.mod": {}}
			for name, text := range c.files {
				house[name] = &fstest.MapFile{Data: []byte(text)}
			}
			sources, err := read(house)
			if err != nil {
				t.Fatal(err)
			}
			got := inspect(sources)
			if len(got) != len(c.want) {
				t.Fatalf("got %d complaints %q, want %d", len(got), got, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("got %q, want it to say %q", got[i], want)
				}
			}
		})
	}
}
