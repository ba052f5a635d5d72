package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const canary = "ghp_canary0123456789"

// holder is how configurations hold secrets: by value, by pointer, nested.
type holder struct {
	Name  string
	Token Secret
	Next  *Secret
	All   []Secret
	By    map[string]Secret
}

// printed returns every way in which a value with secrets in it can end up in
// front of somebody.
func printed(t *testing.T, secret Secret) map[string]string {
	t.Helper()
	h := holder{Name: "x", Token: secret, Next: &secret, All: []Secret{secret}, By: map[string]Secret{"k": secret}}
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%x", "%X", "%s", "%d", "%t", "%10.3s", "%U", "%T %v"} {
		args := []any{secret}
		if verb == "%T %v" {
			args = []any{secret, secret}
		}
		out["value "+verb] = fmt.Sprintf(verb, args...)
		args[0] = &secret
		out["pointer "+verb] = fmt.Sprintf(verb, args...)
		args[0] = h
		out["struct "+verb] = fmt.Sprintf(verb, args...)
	}
	text, err := secret.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	out["text"] = string(text)
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out["json"] = string(raw)
	if raw, err = yaml.Marshal(h); err != nil {
		t.Fatal(err)
	}
	out["yaml"] = string(raw)
	var buf bytes.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&buf, nil)), slog.New(slog.NewTextHandler(&buf, nil))} {
		log.Info("m", "secret", secret, "pointer", &secret, "struct", h)
		log.With("secret", secret).Info("m")
	}
	out["slog"] = buf.String()
	out["error"] = fmt.Errorf("sign in with %v: %w", secret, errors.New("no")).Error()
	out["connector error"] = (&Error{Reason: ReasonAuth, Err: fmt.Errorf("token %s", secret)}).Error()
	out["print"] = fmt.Sprint(secret, &secret) + fmt.Sprintln(h)
	out["panic"] = func() (s string) {
		defer func() { s = fmt.Sprint(recover()) }()
		panic(secret)
	}()
	return out
}

func TestSecretIsNeverPrinted(t *testing.T) {
	secret := NewSecret(" " + canary + "\n")
	if secret.Reveal() != canary {
		t.Fatalf("Reveal() = %q, want the value without white space", secret.Reveal())
	}
	for how, got := range printed(t, secret) {
		if leaks(got, canary) {
			t.Errorf("%s leaks the secret: %s", how, got)
		}
		if !strings.Contains(got, "REDACTED") {
			t.Errorf("%s does not say that something was left out: %s", how, got)
		}
	}
}

// leaks looks for the secret and for the encodings that verbs produce.
func leaks(s, secret string) bool {
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprint([]byte(secret))} {
		if strings.Contains(s, form) {
			return true
		}
	}
	return false
}

func FuzzSecret(f *testing.F) {
	f.Add("xoxb-1234-abcd")
	f.Add("p@ss w%sord")
	f.Fuzz(func(t *testing.T, value string) {
		// A short value may be part of the surroundings.
		secret := NewSecret("canary " + value + " yranac")
		for how, got := range printed(t, secret) {
			if leaks(got, secret.Reveal()) || strings.Contains(got, "yranac") {
				t.Errorf("%s leaks %q: %s", how, secret.Reveal(), got)
			}
		}
	})
}

func TestSecretSource(t *testing.T) {
	dir := t.TempDir()
	resolve := func(p string) string { return filepath.Join(dir, p) }
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("good", "\t"+canary+"\r\n")
	write("empty", " \n")
	t.Setenv("WORKDRIFT_TEST_TOKEN", canary)
	t.Setenv("WORKDRIFT_TEST_EMPTY", "")

	for _, tc := range []struct {
		name, want, err string
		src             SecretSource
	}{
		{name: "nothing named", src: SecretSource{}},
		{name: "file", src: SecretSource{File: "good"}, want: canary},
		{name: "environment", src: SecretSource{Env: "WORKDRIFT_TEST_TOKEN"}, want: canary},
		{name: "both", src: SecretSource{File: "good", Env: "WORKDRIFT_TEST_TOKEN"}, err: "not both"},
		{name: "no file", src: SecretSource{File: "absent"}, err: "absent"},
		{name: "empty file", src: SecretSource{File: "empty"}, err: "empty is empty"},
		{name: "unset", src: SecretSource{Env: "WORKDRIFT_TEST_EMPTY"}, err: "WORKDRIFT_TEST_EMPTY is not set"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.src.Load(resolve)
			if tc.err == "" && err != nil {
				t.Fatal(err)
			}
			if tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Fatalf("error %v, want one that says %q", err, tc.err)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Fatalf("the error quotes the secret: %v", err)
			}
			if got.Reveal() != tc.want || got.IsZero() != (tc.want == "") {
				t.Fatalf("got %q, want %q", got.Reveal(), tc.want)
			}
		})
	}
	if got, err := (SecretSource{File: filepath.Join(dir, "good")}).Load(nil); err != nil || got.Reveal() != canary {
		t.Fatalf("without a resolver: %q, %v", got.Reveal(), err)
	}
}
