package discovery

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestFilesFollowChanges(t *testing.T) {
	t.Parallel()
	r := runEmpty(t)
	r.write("b.hcl", web("web-2", 82))
	r.want("web-2:82")
	r.write("a.json", `{"service": {"id": "web-1", "name": "web", "port": 81}}`)
	r.want("web-1:81 web-2:82")
	r.write("b.hcl", web("web-2", 92, "web-3", 93))
	r.want("web-1:81 web-2:92 web-3:93")
	if err := os.Remove(r.path("a.json")); err != nil {
		t.Fatal(err)
	}
	r.want("web-2:92 web-3:93")
	if err := os.Remove(r.path("b.hcl")); err != nil {
		t.Fatal(err)
	}
	r.want("")
	if age, ok := r.feed.Age(time.Now()); !ok || age < 0 {
		t.Errorf("got age %v, %v, want one", age, ok)
	}
}

func TestFilesBadFileKeepsItsLastGoodContent(t *testing.T) {
	t.Parallel()
	r := runEmpty(t)
	r.write("a.hcl", web("web-1", 81))
	r.want("web-1:81")
	r.write("a.hcl", web("web-1", 91)+"services {\n  nmae = \"x\"\n}\n")
	r.wantLine(fmt.Sprintf(`definition file is bad, its last good content stays in force: error="%s:7:3: unknown key`, r.path("a.hcl")))
	r.write("b.hcl", "service {\n  name = 7\n}\n")
	r.wantLine(fmt.Sprintf(`definition file is bad, nothing of it is used: error="%s:2:10: name must be a string, not a number"`, r.path("b.hcl")))
	r.write("c.hcl", web("web-3", 83)) // a good neighbour
	r.want("web-1:81 web-3:83")
	r.write("a.hcl", "") // cut off: about to be written, or lost
	r.wantLine(r.path("a.hcl") + ":1:1: the file is empty")
	r.write("c.hcl", web("web-3", 93))
	r.want("web-1:81 web-3:93")
	r.wantLine("7:3: unknown key") // still one, after several scans
	r.write("a.hcl", web("web-1", 71))
	r.want("web-1:71 web-3:93")
	r.wantLine("definition file is good again: file=" + r.path("a.hcl"))
	if err := os.Remove(r.path("a.hcl")); err != nil {
		t.Fatal(err)
	}
	r.want("web-3:93")
}

func TestFilesUnreadableFile(t *testing.T) {
	t.Parallel()
	r := runEmpty(t)
	r.write("a.hcl", web("web-1", 81))
	r.want("web-1:81")
	// A link to nowhere: it is listed, but not there.
	if err := os.Symlink("nowhere", r.path("a.tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.path("a.tmp"), r.path("a.hcl")); err != nil {
		t.Fatal(err)
	}
	r.wantLine(r.path("a.hcl") + ":1:1: stat ")
	r.write("b.hcl", strings.Repeat("#", maxFileSize+1))
	r.wantLine(r.path("b.hcl") + ":1:1: file is larger than 4 MiB")
	r.write("c.hcl", web("web-3", 83))
	r.want("web-1:81 web-3:83")
}

func TestFilesIgnoreOtherFiles(t *testing.T) {
	t.Parallel()
	r := runEmpty(t)
	for _, name := range []string{".a.hcl", "a.hcl~", ".a.hcl.swp", "a.hcl.tmp", "a.txt", "hcl"} {
		r.write(name, "nonsense")
	}
	if err := os.MkdirAll(r.path("sub.hcl"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.write("sub.hcl/a.hcl", web("web-9", 89))
	r.write("Z.HCL", web("web-1", 81))
	r.want("web-1:81")
	if lines := r.lines.all(); len(lines) > 0 {
		t.Errorf("got log %q, want none", lines)
	}
}

func TestFilesDuplicateIDs(t *testing.T) {
	t.Parallel()
	r := runEmpty(t)
	r.write("b.hcl", web("web-2", 82, "web-3", 83))
	r.want("web-2:82 web-3:83")
	r.write("c.hcl", web("web-3", 93, "web-4", 94)) // never was good
	r.wantLine(fmt.Sprintf(`nothing of it is used: error="%s:2:10: service id \"web-3\" is already defined at %s:7:10"`, r.path("c.hcl"), r.path("b.hcl")))
	r.write("a.hcl", web("web-2", 72)) // comes before b.hcl, which was good
	r.wantLine(fmt.Sprintf(`its last good content stays in force: error="%s:2:10: service id \"web-2\" is already defined at %s:2:10"`, r.path("b.hcl"), r.path("a.hcl")))
	r.want("web-2:72 web-3:83")
	if err := os.Remove(r.path("b.hcl")); err != nil {
		t.Fatal(err)
	}
	r.want("web-2:72 web-3:93 web-4:94")
}
