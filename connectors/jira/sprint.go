package jira

import (
	"encoding/json"
	"regexp"
	"strings"
)

// A sprint is one that an issue was planned for.
type sprint struct{ id, name string }

// parseSprints reads the value of a sprint field: an object, a list of them, or
// the strings that older Data Center versions print. What is neither is left
// out.
func parseSprints(raw json.RawMessage) []sprint {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var out []sprint
	for _, element := range list {
		var printed string
		if json.Unmarshal(element, &printed) == nil {
			if s, ok := parseSprint(printed); ok {
				out = append(out, s)
			}
			continue
		}
		var w struct {
			ID   text   `json:"id"`
			Name string `json:"name"`
		}
		if json.Unmarshal(element, &w) == nil && w.Name != "" {
			out = append(out, sprint{id: string(w.ID), name: w.Name})
		}
	}
	return out
}

// sprintMember matches the start of a member of a printed sprint. Only the
// members that exist are split at, because names hold commas and equals signs.
var sprintMember = regexp.MustCompile(`(?:^|,)(id|rapidViewId|state|name|goal|startDate|endDate|completeDate|activatedDate|sequence|synced|autoStartStop|incompleteIssuesDestinationId)=`)

// parseSprint reads "…Sprint@1f[id=5,rapidViewId=2,state=ACTIVE,name=PAY
// Sprint 12,goal=,…]".
func parseSprint(s string) (sprint, bool) {
	_, inner, ok := strings.Cut(s, "[")
	inner, closed := strings.CutSuffix(strings.TrimSpace(inner), "]")
	if !ok || !closed {
		return sprint{}, false
	}
	var out sprint
	found := sprintMember.FindAllStringSubmatchIndex(inner, -1)
	for i, m := range found {
		end := len(inner)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		value := strings.TrimSpace(inner[m[1]:end])
		switch member := inner[m[2]:m[3]]; {
		case member == "id" && out.id == "":
			out.id = value
		case member == "name" && out.name == "" && value != "<null>":
			out.name = value
		}
	}
	return out, out.name != ""
}
