package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/hostile"
)

// S17: a record is one line without control and format characters, valid where
// it is JSON, and says what was logged.
func TestLogsAreLines(t *testing.T) {
	texts, err := hostile.Texts()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(17, 17))
	for range 10_000 {
		texts = append(texts, randomText(random))
	}
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := newLogger(&out, config.Log{Level: "debug", Format: format})
		for _, text := range texts {
			out.Reset()
			log.With("with", text).WithGroup("g").Info(text, "value", text, "err", errors.New(text), "list", []string{text}, text, 1,
				slog.Group("in", "any", struct{ Text string }{text}))
			line, ended := strings.CutSuffix(out.String(), "\n")
			if !ended || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool {
				return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
			}) {
				t.Fatalf("%q is written as %q", text, out.String())
			}
			if format == "json" {
				checkRecord(t, line, text)
			}
		}
	}
}

// checkRecord reads a record again.
func checkRecord(t *testing.T, line, text string) {
	t.Helper()
	var got struct {
		Msg, With string
		G         struct {
			Value, Err string
			List       []string
			In         struct{ Any struct{ Text string } }
		}
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%q is written as %s: %v", text, line, err)
	}
	want := string([]rune(text)) // a byte that is no part of a character becomes a mark
	for _, s := range []string{got.Msg, got.With, got.G.Value, got.G.Err, got.G.List[0], got.G.In.Any.Text} {
		if s != want {
			t.Fatalf("%q is read again as %q", text, s)
		}
	}
}

// randomText returns characters of every kind, and bytes that are none.
func randomText(random *rand.Rand) string {
	var b strings.Builder
	for range 1 + random.IntN(12) {
		switch random.IntN(5) {
		case 0:
			b.WriteByte(byte(random.IntN(256)))
		case 1:
			b.WriteRune(rune(random.IntN(0x100)))
		case 2:
			b.WriteRune(0x2000 + rune(random.IntN(0x70)))
		case 3:
			b.WriteRune(rune(random.IntN(unicode.MaxRune)))
		default:
			b.WriteString([]string{"\n", "\"", "\\", "=", "{}", "\x1b[2J", "a"}[random.IntN(7)])
		}
	}
	return b.String()
}

// What cannot be written is told.
func TestLogsTellThatTheyFail(t *testing.T) {
	full := errors.New("the disk is full")
	for _, line := range []string{"plain\n", "\u202e\n"} {
		if n, err := (plainLines{failing{full}}).Write([]byte(line)); n != 0 || !errors.Is(err, full) {
			t.Errorf("%q: %d, %v", line, n, err)
		}
		var out bytes.Buffer
		if n, err := (plainLines{&out}).Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("%q: %d of %d, %v", line, n, len(line), err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
