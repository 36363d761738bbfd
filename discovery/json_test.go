package discovery

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// passed reports whether the whole text is one value.
func passed(text string) (bool, error) {
	j := jsonText{text: []byte(text + " ")} // a number is whole when something follows
	j.skip()
	if j.err != nil {
		return false, j.err
	}
	j.peek()
	return errors.Is(j.err, errCut), nil
}

func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		"null", "true", "false", "0", "-0", "01", "-", "1.", "1.5e+10", "1e", "2E-7", ".5", "+1", `""`, `"a`, `"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"`, `"\x"`, `"\u12g4"`, `"\u12"`,
		"\"\x01\"", "\"\x7f\xff\xc3\"", `"12345678901234567890\n"`, "[]", "[1,]", "[,1]", "[1 2]", "[[[]],{}]", "{}", `{"a":1}`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `{"a":}`, `{null:1}`,
		" { \"a\" :\t[ 1 ,\r\n{ } ] } ", "\v1", "nul", "nulll", "truefalse", "]", "}", "{]", "[}", `{"a":1]`, "\ufeff1",
		strings.Repeat("[", 200) + strings.Repeat("]", 200),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > maxDepth {
			t.Skip("encoding/json has the same limit, but counts otherwise")
		}
		got, err := passed(text)
		if want := json.Valid([]byte(text)); got != want {
			t.Errorf("%q: got valid %v (%v), want %v", text, got, err, want)
		}
	})
}

// What is cut off must not look like a mistake, nor like a whole: more may come.
func TestJSONCut(t *testing.T) {
	const text = `[{"a\n\u00e9":[true,false,null,-1.5e-7,{"":"x\\"}]}]`
	for n := range len(text) {
		j := jsonText{text: []byte(text[:n])}
		j.skip()
		if j.err != errCut {
			t.Errorf("%s: got %v, want %v", text[:n], j.err, errCut)
		}
	}
}

// Depth is bounded, and all that was passed over counts no more.
func TestJSONDepth(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`[{"a":`, n/2) + "0" + strings.Repeat("}]", n/2) }
	for text, want := range map[string]bool{
		deep(maxDepth):     true,
		deep(maxDepth + 2): false,
		"[" + strings.Repeat("[],{},[[]],", 9000) + "[]]": true,
	} {
		if got, err := passed(text); got != want {
			t.Errorf("%.20s... of %d: got %v (%v), want %v", text, len(text), got, err, want)
		}
	}
}

func TestJSONStrings(t *testing.T) {
	for _, text := range []string{
		`""`, `"a"`, `"12345678"`, `"1234567\n8"`, `"\u0041\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, "\"\xff\"", "\"a\xc3\"", `"é😀"`, `"\"\\\/\b\f\n\r\t"`, `"<>&"`, `"` + strings.Repeat("x", 100) + `\t"`, `null`,
	} {
		var want string
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		for _, known := range []string{"", want, "a", strings.ToValidUTF8(text, ""), strings.ToValidUTF8(strings.Trim(text, `"`), "")} {
			j := jsonText{text: []byte(text + " ")}
			if got := j.string(known); got != want || j.err != nil {
				t.Errorf("%s, known %q: got %q, %v, want %q", text, known, got, j.err, want)
			}
		}
	}
}

func TestJSONInts(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "-0": 0, "80": 80, "-3": -3, "9223372036854775807": 1<<63 - 1, "null": 0} {
		j := jsonText{text: []byte(text + " ")}
		if got := j.int(); got != want || j.err != nil {
			t.Errorf("%s: got %d, %v, want %d", text, got, j.err, want)
		}
	}
	for _, text := range []string{"1.0", "1e2", "9223372036854775808", `"80"`, "true", "[]", "{}"} {
		j := jsonText{text: []byte(text + " ")}
		j.int()
		var none int
		want := json.Unmarshal([]byte(text), &none)
		if j.err == nil || j.err.Error() != want.Error() {
			t.Errorf("%s: got %v, want %v", text, j.err, want)
		}
	}
}
