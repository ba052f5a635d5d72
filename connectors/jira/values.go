package jira

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/store"
)

// fieldValues returns what the value of a custom field says: text, numbers,
// options, the names of things, each element of a list. The child of a
// cascading option comes as "parent / child" behind its parent. People are
// left out.
func fieldValues(raw json.RawMessage, depth int) []string {
	raw = bytes.TrimSpace(raw)
	if isNull(raw) || depth > 3 {
		return nil
	}
	switch raw[0] {
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			return nil
		}
		var out []string
		for _, element := range list {
			out = append(out, fieldValues(element, depth+1)...)
		}
		return out
	case '{':
		return optionValues(raw, depth)
	}
	var s text
	if s.UnmarshalJSON(raw) != nil || s == "" {
		return nil
	}
	return []string{string(s)}
}

func optionValues(raw json.RawMessage, depth int) []string {
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	for _, personal := range []string{"accountId", "emailAddress", "displayName"} {
		if _, ok := o[personal]; ok {
			return nil
		}
	}
	for _, member := range []string{"value", "name", "title", "key"} {
		values := fieldValues(o[member], depth+1)
		if len(values) == 0 {
			continue
		}
		for _, child := range fieldValues(o["child"], depth+1) {
			values = append(values, values[0]+" / "+child)
		}
		return values
	}
	return nil
}

// checkIns makes the reports of confidence that people leave in a field.
func (n *normaliser) checkIns(item string, is *issue) {
	ids := n.site.fields.checkins
	if len(ids) == 0 {
		return
	}
	first := true
	is.changes(func(h *wireHistory, c *wireChange) {
		if !n.site.fields.is(ids, c) {
			return
		}
		if first {
			n.checkIn(item, "check_in/open", is.key, is.creator, moment{is.created}, string(c.FromString), string(c.From))
		}
		first = false
		n.checkIn(item, "check_in/"+string(h.ID), is.key, h.Author, h.Created, string(c.ToString), string(c.To))
	})
	if first {
		for _, id := range ids {
			n.checkIn(item, "check_in/open", is.key, is.creator, moment{is.created}, fieldValues(is.custom[id], 0)...)
		}
	}
}

// checkIn makes one report of the first of the values that is one. A reading of
// the outcome may stand behind it: "70 %, outcome 320 ms".
func (n *normaliser) checkIn(item, id, key string, by *wireUser, at moment, values ...string) {
	for _, v := range values {
		before, cites := refs.CutReading(v)
		ratio, ok := n.confidence(before)
		if !ok {
			ratio, ok = n.confidence(v) // the words belong to the value
			cites = false
		}
		if ok {
			attrs := map[string]string{"objective": key, "confidence": strconv.FormatFloat(ratio, 'f', -1, 64)}
			if cites {
				attrs["cites"] = "outcome"
			}
			n.event(item, id, store.EventCheckIn, by, at.Time, attrs)
			return
		}
	}
}

// signals are the words and signs of confidence with the values of section 4.5
// of the score specification.
var signals = []struct {
	ratio float64
	words []string
}{
	{.85, []string{"🟢", "💚", "✅", ":green_circle:", ":large_green_circle:", "green", "on track"}},
	{.5, []string{"🟡", "💛", "🟠", "⚠", ":yellow_circle:", ":large_yellow_circle:", "yellow", "amber", "at risk"}},
	{.15, []string{"🔴", "❤", "⛔", ":red_circle:", "red", "off track"}},
}

// confidence reads a reported confidence as a ratio from 0 to 1: a configured
// word, a sign, "70 %", "7/10", or a number on the configured scale. Without a
// scale, up to 1 is a ratio, up to 10 tenths, up to 100 percent.
func (n *normaliser) confidence(value string) (float64, bool) {
	value = strings.TrimSpace(value)
	for word, ratio := range n.cfg.CheckinValues {
		if strings.EqualFold(word, value) {
			return ratio, true
		}
	}
	scale := n.cfg.CheckinScale
	number := value
	if head, ok := strings.CutSuffix(value, "%"); ok {
		number, scale = head, 100
	} else if head, of, ok := strings.Cut(value, "/"); ok {
		full, err := strconv.ParseFloat(strings.TrimSpace(of), 64)
		if err != nil || full != 1 && full != 5 && full != 10 && full != 100 {
			return 0, false
		}
		number, scale = head, full
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(number), ",", "."), 64)
	if err != nil {
		return signal(value)
	}
	if scale == 0 {
		scale = 100
		if x <= 1 {
			scale = 1
		} else if x <= 10 {
			scale = 10
		}
	}
	if !(x >= 0 && x <= scale) {
		return 0, false
	}
	return math.Round(x/scale*1e6) / 1e6, true
}

// signal finds the sign that a value is, or begins with.
func signal(value string) (float64, bool) {
	lower := strings.ToLower(value)
	for _, s := range signals {
		for _, w := range s.words {
			rest, ok := strings.CutPrefix(lower, w)
			if ok && (rest == "" || w[0] >= 0x80 || rest[0] == ' ' || rest[0] == ':') {
				return s.ratio, true
			}
		}
	}
	return 0, false
}
