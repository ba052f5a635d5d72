package main

import (
	"bytes"
	"io"
	"log/slog"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
)

// newLogger returns the logger that a configuration asks for. Whatever is
// logged, a record is one line, and nothing in it is more than text to a
// terminal.
func newLogger(w io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration refuses other names
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(plainLines{w}, options))
	}
	return slog.New(slog.NewTextHandler(plainLines{w}, options))
}

// A plainLines writes lines, one at a time, without control and format
// characters. JSON leaves some of these as they are: those that turn the
// reading direction, and the second half of what terminals obey. They become
// escapes, which mean the same in a string of JSON.
type plainLines struct{ w io.Writer }

// Write implements io.Writer. The handlers of slog call it once for a record.
func (p plainLines) Write(line []byte) (int, error) {
	text, ended := bytes.CutSuffix(line, []byte("\n"))
	if isPlainText(text) {
		return p.w.Write(line)
	}
	out := make([]byte, 0, len(line)+64)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if isShown(r, size) {
			out = append(out, text[:size]...)
		} else {
			out = appendEscape(out, r)
		}
		text = text[size:]
	}
	if ended {
		out = append(out, '\n')
	}
	if _, err := p.w.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}

func isPlainText(text []byte) bool {
	for _, b := range text {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}

// isShown reports whether a character is one, and is nothing else than shown.
func isShown(r rune, size int) bool {
	return !(r == utf8.RuneError && size == 1) && !unicode.IsControl(r) && !unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// appendEscape writes a character as JSON does.
func appendEscape(out []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	units := []rune{r}
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		units = []rune{high, low}
	}
	for _, u := range units {
		out = append(out, '\\', 'u', digits[u>>12&15], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return out
}
