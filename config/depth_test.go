package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// TestBottomless shows that text without end brings one error that names its
// place. Without a bound, most of these would end the process.
func TestBottomless(t *testing.T) {
	const n = 20_000
	for name, tt := range map[string]struct{ before, unit, want string }{
		"lists":              {"x = ", "[", "  on x.hcl line 1:\n   1: x = " + strings.Repeat("[", 65) + "\n"},
		"lists on lines":     {"x = [\n", "[\n", "  on x.hcl line 65:\n  65: [\n"},
		"objects":            {"x = ", "{a=", "line 1:"},
		"parentheses":        {"x = ", "(", "line 1:"},
		"calls":              {"x = ", "env(", "line 1:"},
		"blocks":             {"", "a {\n", "  on x.hcl line 65:\n  65: a {\n"},
		"templates":          {"x = ", `"${`, "line 1:"},
		"heredocs":           {"x = ", "<<A\n${", "line 33:"},
		"template ifs":       {`x = "`, "%{ if true }", "line 1:"},
		"template fors":      {`x = "`, "%{ for a, b in c }", "line 1:"},
		"negations":          {"x = ", "!", "  on x.hcl line 1:\n   1: x = " + strings.Repeat("!", 65) + "\n"},
		"conditions":         {"x = ", "true ? 1 : ", "line 1:"},
		"sums":               {"x = 1", " + 1", "line 1:"},
		"indices":            {"x = a", "[b]", "line 1:"},
		"indices apart":      {"x = (a", "/**/[b] # [\n", "line 64:"},
		"splats":             {"x = a", "[*]", "line 1:"},
		"behind a bad token": {"x = ;", "[", "line 1:"},
	} {
		t.Run(name, func(t *testing.T) {
			conf, diags := parse([]source{{"x.hcl", []byte(tt.before + strings.Repeat(tt.unit, n))}}, noEnv)
			got := text(t, diags)
			if conf != nil || strings.Count(got, "Error: "+deepNesting) != 1 || !strings.Contains(got, tt.want) || len(got) > 2000 {
				t.Errorf("got %.2000s\nwant one error with %q", got, tt.want)
			}
		})
	}
}

// TestBottomlessOpenQuote shows that an open quote is told rather than what it
// makes of the text behind it, where code is text and text is code.
func TestBottomlessOpenQuote(t *testing.T) {
	rest := strings.Repeat("service \"a\" {\n  filter = \"b != c\"\n}\n", 100)
	_, diags := parse([]source{{"x.hcl", []byte("log {\n  level = \"info\n}\n" + rest)}}, noEnv)
	got := text(t, diags)
	if strings.Count(got, "Error") != 1 || !strings.Contains(got, "The text that begins here does not end on its line.") {
		t.Errorf("got %s\nwant one error, of the quote", got)
	}
}

// TestWide shows that only depth is bounded, not how much there is of a thing.
func TestWide(t *testing.T) {
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "service \"s%d\" {\n  retries = true && !false ? -(-1) : 2\n  heartbeat {}\n}\n", i)
		fmt.Fprintf(&b, "listener \"l%d\" {\n  bind = \"127.0.0.1:${1000 + %d}\"\n  service = \"s%d\"\n}\n", i, i, i)
	}
	fmt.Fprintf(&b, "service \"tagged\" {\n  tags = [%s]\n  filter = \"%s\"\n}\n",
		strings.Repeat(`-1 < 0 ? "${"a"}" : ["b"][0], `, 500), strings.Repeat(`${""}`, 500))
	b.WriteString("listener \"tagged\" {\n  bind = \":80\"\n  service = \"tagged\"\n}\n")
	conf, diags := parse([]source{{"x.hcl", []byte(b.String())}}, noEnv)
	if got := text(t, diags); got != "" || len(conf.Services) != 501 || len(conf.Services[500].Tags) != 500 {
		t.Errorf("%.2000s", got)
	}
}

// TestTreesAreShallow repeats each two pieces of syntax many times: what is not
// refused makes no deep tree.
func TestTreesAreShallow(t *testing.T) {
	pieces := strings.Split("[ ] ( ) { } \" ${ ! - + ? : a , = * . a= a{ f( @ [a] [*] /**/ \n <<A\n", " ")
	pieces = append(pieces, "%{if a}", "for a in ")
	refused, accepted := 0, 0
	for _, first := range pieces {
		for _, second := range pieces {
			for _, start := range []string{"x = (a", `x = "`} {
				text := start + strings.Repeat(first+second, 200)
				tokens, _ := hclsyntax.LexConfig([]byte(text), "x.hcl", hcl.InitialPos)
				if _, deep := tooDeep(tokens); deep {
					refused++
					continue
				}
				accepted++
				file, _ := hclsyntax.ParseConfig([]byte(text), "x.hcl", hcl.InitialPos)
				var w depthWalker
				hclsyntax.Walk(file.Body.(*hclsyntax.Body), &w)
				if w.most > 2*maxDepth+10 { // a bracket is one node or two
					t.Errorf("%s%q...: %d deep", start, first+second, w.most)
				}
			}
		}
	}
	if refused == 0 || accepted == 0 {
		t.Errorf("%d refused, %d accepted; want some of each", refused, accepted)
	}
}

// depthWalker finds how deep a tree is.
type depthWalker struct{ depth, most int }

func (w *depthWalker) Enter(hclsyntax.Node) hcl.Diagnostics {
	w.depth++
	w.most = max(w.most, w.depth)
	return nil
}

func (w *depthWalker) Exit(hclsyntax.Node) hcl.Diagnostics {
	w.depth--
	return nil
}
