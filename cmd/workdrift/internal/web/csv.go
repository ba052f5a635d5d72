package web

import (
	"bytes"
	"encoding"
	"encoding/csv"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/workdrift/workdrift/scoring"
)

// encodeCSV writes a slice of structs, the names of their fields first, as they
// are in JSON. Fields that are lists or structs have no place in a table and
// are left out; JSON has them.
func encodeCSV(rows any) ([]byte, error) {
	v := reflect.ValueOf(rows)
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%T is no table", rows)
	}
	columns := columnsOf(v.Type().Elem())
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true // RFC 4180
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.name
	}
	if err := w.Write(line); err != nil {
		return nil, fmt.Errorf("write the head of a table: %w", err)
	}
	before := make([]reflect.Value, len(columns))
	for i := range v.Len() {
		row := v.Index(i)
		for k := range columns {
			// Neighbours often say the same, and spelling it takes the most time.
			value := row.FieldByIndex(columns[k].index)
			if i == 0 || !value.Comparable() || !value.Equal(before[k]) {
				line[k] = cell(value)
			}
			before[k] = value
		}
		if err := w.Write(line); err != nil {
			return nil, fmt.Errorf("write a table: %w", err)
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// A column is a field of a row.
type column struct {
	name  string
	index []int
}

var (
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	number        = reflect.TypeFor[scoring.Number]()
	plainText     = reflect.TypeFor[string]()
)

func columnsOf(row reflect.Type) []column {
	var out []column
	for _, f := range reflect.VisibleFields(row) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		switch f.Type.Kind() {
		case reflect.String, reflect.Bool, reflect.Int, reflect.Float64:
		default:
			if !f.Type.Implements(textMarshaler) {
				continue
			}
		}
		out = append(out, column{name, f.Index})
	}
	return out
}

// cell writes a value. What is absent is empty.
func cell(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch v.Type() {
	case number:
		if math.IsNaN(v.Float()) {
			return ""
		}
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case plainText:
		return harmless(v.String())
	}
	switch x := v.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.Format(time.RFC3339)
	case encoding.TextMarshaler:
		if text, err := x.MarshalText(); err == nil {
			return harmless(string(text))
		}
		return ""
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	return harmless(v.String())
}

// harmless takes away what spreadsheets would run or show as something else:
// a text that begins like a formula, whatever white space stands before it,
// gets an apostrophe in front, and what is not printed becomes a space.
func harmless(text string) string {
	if plainWord(text) {
		return text // as nearly all are
	}
	text = strings.Map(func(r rune) rune {
		if ' ' <= r && r <= '~' {
			return r
		}
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
	if first := strings.TrimLeftFunc(text, unicode.IsSpace); first != "" && strings.ContainsRune("=+-@＝＋－＠|%", firstRune(first)) {
		return "'" + text
	}
	return text
}

// plainWord reports whether a text has only what is harmless anywhere, as dates
// and most names do.
func plainWord(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == ':', i > 0 && (c == '-' || c == ' '):
		default:
			return false
		}
	}
	return true
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
