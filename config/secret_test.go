package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestSecretStaysHidden tries the ways in which values reach a log.
func TestSecretStaysHidden(t *testing.T) {
	const inside = "5f1c-secret"
	s := NewSecret(inside)
	holder := struct {
		Token  Secret
		token  Secret // fmt reads unexported fields past their methods
		nested []Secret
	}{s, s, []Secret{s}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, v := range []any{s, &s, holder, &holder, []Secret{s}, Config{Consul: &Consul{Token: s}}.Consul} {
			got := fmt.Sprintf(verb, v)
			if strings.Contains(got, inside) || strings.Contains(strings.ToLower(got), fmt.Sprintf("%x", inside)) {
				t.Errorf("%s of %T gives it away: %s", verb, v, got)
			}
		}
	}
	if got, err := json.Marshal(holder); err != nil || strings.Contains(string(got), inside) {
		t.Errorf("JSON %s, error %v", got, err)
	}
	if got := s.Reveal(); got != inside {
		t.Errorf("revealed %q, want %q", got, inside)
	}
}

func TestSecretCompares(t *testing.T) {
	one, same, other := NewSecret("a"), NewSecret("aa"[1:]), NewSecret("b")
	if one != same || one == other || NewSecret("") != (Secret{}) {
		t.Error("== does not compare what is inside")
	}
	if got := (Secret{}).Reveal(); got != "" {
		t.Errorf("the zero secret is %q, want nothing", got)
	}
	if got, want := fmt.Sprint(Secret{}, NewSecret("a")), "(none) (hidden)"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// TestMaskTokens shows what an excerpt of the source tells of tokens.
func TestMaskTokens(t *testing.T) {
	for line, want := range map[string]string{
		`token = "abc-def"`:               `token = "*******"`,
		`consul { token="abc" }`:          `consul { token="***" }`,
		`token = abc`:                     `token = ***`,
		`token = "abc`:                    `token = "***`,
		`token = env("NAME")`:             `token = env("NAME")`,
		`token = env("NAME", "abc")`:      `token = env("NAME", "***")`,
		`token_file = "abc"`:              `token_file = "abc"`,
		"token = \"abc\"\nlevel = \"ok\"": "token = \"***\"\nlevel = \"ok\"",
	} {
		if got := string(masked([]byte(line))); got != want {
			t.Errorf("%s is shown as %s, want %s", line, got, want)
		}
	}
}
