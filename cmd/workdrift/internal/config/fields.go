package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// join adds a key to a path. A key that is more than a word is quoted, so that
// a message stays one line.
func (d *decoder) join(path, key string) string {
	if !isWord(key) {
		if r := []rune(key); len(r) > 40 {
			key = string(r[:40]) + "…"
		}
		return fmt.Sprintf("%s[%q]", path, key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func isWord(s string) bool {
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// A field is one key of a struct.
type field struct {
	name    string
	index   []int
	private bool
}

// fieldsOf returns the keys of a struct in their order: the names in yaml
// tags, with the fields of embedded structs tagged ",inline".
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if slices.Contains(strings.Split(options, ","), "inline") && f.Type.Kind() == reflect.Struct {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		out = append(out, field{name, []int{i}, f.Tag.Get("config") == "private"})
	}
	return out
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}
