package web

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A description is an OpenAPI file, with what is needed to check values against
// its schemas. Keywords that it does not know are errors, so that none of them
// only looks as if it were checked.
type description struct{ root map[string]any }

func readDescription(raw []byte) (*description, error) {
	d := &description{}
	if err := yaml.Unmarshal(raw, &d.root); err != nil {
		return nil, err
	}
	return d, nil
}

// at follows the keys from a node on, references on the way included; nil when
// there is nothing.
func (d *description) at(node any, keys ...string) any {
	for i := 0; ; i++ {
		m, ok := node.(map[string]any)
		if !ok {
			break
		}
		if ref, ok := m["$ref"].(string); ok {
			node = d.refer(ref)
			i--
			continue
		}
		if i == len(keys) {
			return m
		}
		node = m[keys[i]]
	}
	return node
}

// refer finds "#/components/schemas/Day".
func (d *description) refer(ref string) any {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	var node any = d.root
	for key := range strings.SplitSeq(path, "/") {
		m, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = m[strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")]
	}
	return node
}

// dangling lists the references that lead nowhere.
func (d *description) dangling(node any) (bad []string) {
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok && d.refer(ref) == nil {
			bad = append(bad, ref)
		}
		for _, v := range n {
			bad = append(bad, d.dangling(v)...)
		}
	case []any:
		for _, v := range n {
			bad = append(bad, d.dangling(v)...)
		}
	}
	return bad
}

// schemaKeywords are the ones that check knows, and those that say nothing
// about values.
var schemaKeywords = []string{"$ref", "type", "enum", "oneOf", "allOf", "properties", "required", "additionalProperties", "items", "format",
	"minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "description", "examples", "default"}

// check returns what is wrong with a value, "" when it fits the schema.
func (d *description) check(schema, value any, path string) string {
	s, ok := d.at(schema).(map[string]any)
	if !ok {
		return path + ": there is no schema"
	}
	for key := range s {
		if !slices.Contains(schemaKeywords, key) {
			return path + ": the checker does not know " + key
		}
	}
	for _, one := range elements(s["allOf"]) {
		if bad := d.check(one, value, path); bad != "" {
			return bad
		}
	}
	if some := elements(s["oneOf"]); some != nil {
		fits := slices.DeleteFunc(slices.Clone(some), func(one any) bool { return d.check(one, value, path) != "" })
		if len(fits) != 1 {
			return fmt.Sprintf("%s: %v fits %d of the schemas", path, value, len(fits))
		}
	}
	if words := elements(s["enum"]); words != nil && !slices.Contains(words, value) {
		return fmt.Sprintf("%s: %v is none of %v", path, value, words)
	}
	if s["type"] != nil && !slices.Contains(typesOf(value), typeIn(s["type"], value)) {
		return fmt.Sprintf("%s: %v is no %v", path, value, s["type"])
	}
	return d.checkKind(s, value, path)
}

func elements(node any) []any {
	list, _ := node.([]any)
	return list
}

// typeIn returns the type of a schema that a value is of, "" when none is.
func typeIn(types any, value any) string {
	list, ok := types.([]any)
	if !ok {
		list = []any{types}
	}
	for _, t := range list {
		if slices.Contains(typesOf(value), fmt.Sprint(t)) {
			return fmt.Sprint(t)
		}
	}
	return ""
}

func typesOf(value any) []string {
	switch v := value.(type) {
	case nil:
		return []string{"null"}
	case bool:
		return []string{"boolean"}
	case string:
		return []string{"string"}
	case float64:
		if v == math.Trunc(v) {
			return []string{"number", "integer"}
		}
		return []string{"number"}
	case []any:
		return []string{"array"}
	}
	return []string{"object"}
}

func (d *description) checkKind(s map[string]any, value any, path string) string {
	switch v := value.(type) {
	case map[string]any:
		return d.checkObject(s, v, path)
	case []any:
		if bad := outside(s, "minItems", "maxItems", float64(len(v))); bad != "" {
			return path + " has a length " + bad
		}
		for i, item := range v {
			if s["items"] == nil {
				break
			}
			if bad := d.check(s["items"], item, fmt.Sprintf("%s[%d]", path, i)); bad != "" {
				return bad
			}
		}
	case float64:
		if bad := outside(s, "minimum", "maximum", v); bad != "" {
			return path + " is " + bad
		}
	case string:
		if bad := outside(s, "minLength", "maxLength", float64(utf8.RuneCountInString(v))); bad != "" {
			return path + " has a length " + bad
		}
		layout := map[any]string{"date": time.DateOnly, "date-time": time.RFC3339}[s["format"]]
		if _, err := time.Parse(layout, v); layout != "" && err != nil {
			return fmt.Sprintf("%s: %q is no %v", path, v, s["format"])
		}
	}
	return ""
}

func outside(s map[string]any, low, high string, v float64) string {
	number := func(key string, none float64) float64 {
		if n, ok := s[key].(int); ok {
			return float64(n)
		}
		return none
	}
	if v < number(low, math.Inf(-1)) || v > number(high, math.Inf(1)) {
		return fmt.Sprintf("of %v outside of its limits", v)
	}
	return ""
}

func (d *description) checkObject(s, value map[string]any, path string) string {
	for _, name := range elements(s["required"]) {
		if _, ok := value[fmt.Sprint(name)]; !ok {
			return fmt.Sprintf("%s: %v is missing", path, name)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, v := range value {
		schema, known := properties[name]
		switch {
		case known:
			if bad := d.check(schema, v, path+"."+name); bad != "" {
				return bad
			}
		case s["additionalProperties"] == false:
			return path + ": " + name + " is not described"
		}
	}
	return ""
}

// checkJSON is check for a text.
func (d *description) checkJSON(schema any, text []byte) string {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err.Error()
	}
	return d.check(schema, value, "answer")
}
