package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func small() Result {
	s := Samples{
		{Round: 1, Workload: "conn", Rival: "nginx", Figures: map[Figure]float64{Cost: 50, P99: 7}, Errors: 3, Error: "read: reset"},
		sample(1, "conn", "weir", Cost, 40), sample(2, "conn", "weir", Cost, 60), sample(2, "conn", "nginx", Cost, 50),
		sample(1, "catalog", "apply/10", CPU, 0.5),
	}
	return Result{
		Rivals:  []Rival{{"weir", "1"}, {"nginx", "2"}},
		Notes:   []string{"haproxy is not measured"},
		Targets: []Verdict{over("conn", Cost, "nginx", 1).Judge(s), over("conn", Cost, "haproxy", 1).Judge(s)},
		Samples: s,
		Sections: []Section{
			{Workload: "conn", Columns: []Column{{Cost, "µs/conn"}, {P99, "µs"}}},
			{Workload: "catalog", Columns: []Column{{CPU, "ms"}}, Alone: true},
		},
	}
}

func TestJSON(t *testing.T) {
	want := small()
	var b bytes.Buffer
	if err := want.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got Result
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in:\n%s", err, b.String())
	}
	if len(got.Samples) != len(want.Samples) || got.Samples[0].Error != "read: reset" || got.Samples[2].Figures[Cost] != 60 {
		t.Errorf("got samples %+v, want %+v", got.Samples, want.Samples)
	}
	if len(got.Targets) != 2 || got.Targets[0].Seen.Median != 1 || got.Targets[1].State != "not measured" {
		t.Errorf("got targets %+v, want %+v", got.Targets, want.Targets)
	}
	if lines := strings.Count(b.String(), `"Round"`); lines != len(want.Samples) {
		t.Errorf("got %d lines of samples, want %d", lines, len(want.Samples))
	}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := small().WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(b.String()), " ") // widths of columns are no matter
	for _, want := range []string{
		"- haproxy is not measured",
		"| conn | cost over nginx's | at most 1 | 0.80 1.00 1.20 | met |",
		"| conn | cost over haproxy's | at most 1 | - | not measured |",
		"| weir/nginx | 0.80 1.00 1.20 | - |",
		"| conn | cost µs/conn | p99 µs | errors |",
		"| weir | 50.0 | - | 0 | | nginx | 50.0 | 7.00 | 3 |",
		"| apply/10 | 0.50 | 0 |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, b.String())
		}
	}
	if strings.Contains(got, "weir/weir") || strings.Contains(got, "weir/apply") {
		t.Errorf("compared with nobody in:\n%s", b.String())
	}
}

func TestPlot(t *testing.T) {
	var b bytes.Buffer
	if err := small().WritePlot(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for d := xml.NewDecoder(&b); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
	for _, want := range []string{">conn<", ">nginx<"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, ">catalog<") {
		t.Error("the catalog is compared with nobody, but has a row")
	}
	if err := (Result{}).WritePlot(&b); err == nil {
		t.Error("a plot of nothing: want an error")
	}
}
