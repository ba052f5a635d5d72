package config

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goType finds what only a programmer understands.
var goType = regexp.MustCompile(`config\.[a-zA-Z]+ |\*?reflect|\bstruct\b|interface ?\{|\[\]string|yaml\.|objective\.|unmarshal|0x[0-9a-f]{6}`)

// checkLoad loads a text: it must load, or every error must have a position
// within it and a message for people.
func checkLoad(t testing.TB, text string) {
	t.Helper()
	c, err := loadText(t, text, map[string]string{"objectives.yaml": "objectives: []\n"})
	if err == nil {
		c.Warnings()
		err = c.Connect(map[string]func(Connector) error{"git": build, "github": build})
		if err == nil {
			return
		}
	}
	list, ok := errors.AsType[Errors](err)
	if !ok || len(list) == 0 {
		t.Fatalf("%T %v is not a list of errors\n%s", err, err, text)
	}
	lines := 2 + strings.Count(text, "\n") + strings.Count(text, "\r") + strings.Count(text, "\u0085") + strings.Count(text, "\u2028") + strings.Count(text, "\u2029")
	for _, e := range list {
		if e.File == "config.yaml" && (e.Line < 1 || e.Line > lines) || e.Column < 1 || e.Message == "" {
			t.Fatalf("error has no place in %d lines: %+v\n%s", lines, e, text)
		}
		if m := goType.FindString(e.Message); m != "" && !strings.Contains(text, m) {
			t.Fatalf("message speaks Go: %s", e)
		}
		if strings.ContainsAny(e.Error(), "\n\r") {
			t.Fatalf("message has more than one line: %q", e.Error())
		}
	}
}

// A thousand damaged configurations either load or say where they are wrong.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	raw, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	loaded := 0
	for range 1000 {
		text := mutate(string(raw), random)
		checkLoad(t, text)
		if _, err := loadText(t, text, nil); err == nil {
			loaded++
		}
	}
	if loaded == 0 || loaded == 1000 {
		t.Errorf("%d of 1000 loaded; the mutations prove nothing", loaded)
	}
}

// mutate damages a text in up to four places.
func mutate(text string, random *rand.Rand) string {
	lines := strings.Split(text, "\n")
	for range 1 + random.IntN(4) {
		i, j := random.IntN(len(lines)), random.IntN(len(lines))
		switch line := lines[i]; random.IntN(9) {
		case 0: // drop
			lines[i] = ""
		case 1: // repeat elsewhere
			lines[j] += "\n" + line
		case 2: // swap
			lines[i], lines[j] = lines[j], lines[i]
		case 3: // other indentation
			lines[i] = strings.Repeat(" ", random.IntN(9)) + strings.TrimLeft(line, " ")
		case 4: // other value
			key, _, _ := strings.Cut(line, ":")
			values := []string{"", "-1", "9e99", "[]", "{}", "~", "true", "2026-13-01", "*a", "&a", "!!binary x", "\"", "<<", "é\u2028", "-"}
			lines[i] = key + ": " + values[random.IntN(len(values))]
		case 5: // other byte
			if line != "" {
				at := random.IntN(len(line))
				lines[i] = line[:at] + string(rune(random.IntN(256))) + line[at+1:]
			}
		case 6: // cut
			lines[i] = line[:random.IntN(len(line)+1)]
		case 7: // misspell
			lines[i] = strings.Replace(line, "e", "", 1)
		case 8: // comment in
			lines[i] = strings.Replace(line, "# ", "", 1)
		}
	}
	return strings.Join(lines, "\n")
}

func FuzzLoad(f *testing.F) {
	raw, err := os.ReadFile(examplePath)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(raw))
	files, err := filepath.Glob(filepath.Join("testdata", "invalid-*.yaml"))
	if err != nil || len(files) == 0 {
		f.Fatalf("%d seeds: %v", len(files), err)
	}
	for _, name := range files {
		seed, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(seed))
	}
	f.Fuzz(func(t *testing.T, text string) { checkLoad(t, text) })
}

// No message repeats a secret or what names a person, wherever it is wrong.
func TestMessagesKeepSilent(t *testing.T) {
	const canary = "canary7Q"
	places := []string{
		"connectors: {a: {type: git, token: %s}}",
		"connectors: {a: {type: git, app: {client_secret: %s}}}",
		"connectors: {a: {type: git, api-key: [%s]}}",
		"connectors: {a: {type: git, interval: ghp_%s}}",
		"connectors: {a: {type: git, base_url: 'https://u:%s@example.org'}}",
		"web: {password: %s}",
		"web: {listen_address: 'https://u:%s@example.org'}",
		"log: {level: xoxb-%s}",
		"top: github_pat_%s",
		"password: *%s",
		"identities: [{person: %s}, {person: %[1]s}]",
		"identities: [{%s: x}]",
		"identities: [{person: a, zone: %s, fte: %[1]s, leave: [{from: %[1]s}]}]",
		"identities: [{person: a, handles: [%s]}]",
		"identities: [{person: a, handles: ['github:%s', 'github:%[1]s']}]",
		"bots: [%s]",
		"teams: [{id: a, members: [%s, {person: 'github:%[1]s', share: 9}]}]",
		"teams: [{id: a, members: [{%s: 1, %[1]s: 2}]}]",
		"objectives: [{id: a, rank: 1, text: A, owner: {person: %s}}]",
		"objectives: [{id: a, rank: 1, text: A, owner: {%s: github}}]",
	}
	for _, place := range places {
		text := fmt.Sprintf(place, canary) + "\n"
		if !strings.HasPrefix(text, "connectors") {
			text = minimal + text
		}
		_, err := loadText(t, text, nil)
		if err == nil {
			t.Errorf("%s: loads", text)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: repeats it: %v", text, err)
		}
	}
}
